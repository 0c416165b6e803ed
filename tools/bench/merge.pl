#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Makes results.json on stdout of the parts' lines on stdin. A line is a result,
# or {"about": {"kernel": ...}}, which goes to "machine".
use strict;
use warnings;
use JSON::PP;

my (%machine, @results);

sub first_line {
	my ($command) = @_;
	my ($line) = `$command 2>/dev/null`;
	chomp $line if defined $line;
	return $line;
}

sub host_cpu {
	open my $fh, '<', '/proc/cpuinfo' or return undef;
	while (<$fh>) {
		return $1 if /^model name\s*:\s*(.*)/;
	}
	return undef;
}

while (<STDIN>) {
	my $line = decode_json($_);
	my $about = delete $line->{about};

	if ($about) {
		my $kernel = delete $about->{kernel};
		@{$machine{kernels}{$kernel}}{keys %$about} = values %$about;
	} else {
		push @results, $line;
	}
}
$machine{host_cpu} = host_cpu();
$machine{qemu} = first_line('qemu-system-x86_64 --version');
$machine{compiler} = first_line('gcc --version');
my %modes = map { $_->{mode} => 1 } @results;
$machine{modes} = [sort keys %modes];
print JSON::PP->new->canonical->pretty->encode({
	machine => \%machine, results => \@results,
});
