#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# A table of what latency-guest.sh printed: of each mode the median of its runs,
# and their ratio to those at rest.
#
#	latency.pl KERNEL FILE
use strict;
use warnings;

my ($kernel, $path) = @ARGV;
die "usage: $0 KERNEL FILE\n" unless defined $path;

my @columns = qw(allocs p50 p99 p999 max released);
my (@modes, %runs);

sub median {
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);

	return @sorted % 2 ? $sorted[$middle] :
		($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

open my $fh, '<', $path or die "$path: $!\n";
while (<$fh>) {
	my ($mode, @values) = split;
	my %run;
	@run{@columns} = @values;
	push @modes, $mode unless $runs{$mode};
	push @{$runs{$mode}}, \%run;
}
close $fh;
die "$path: nothing at rest\n" unless $runs{rest};

printf "a sleeping allocation, ns: Linux %s; medians of %d runs\n", $kernel,
	scalar @{$runs{rest}};
printf "%-11s %9s %8s %8s %8s %10s %9s  %s\n", 'giving back', 'allocs',
	qw(p50 p99 p99.9 max), 'MB back', 'p99.9 : that at rest';
my $rest = median(map { $_->{p999} } @{$runs{rest}});
for my $mode (@modes) {
	my %median = map {
		my $column = $_;
		($column => median(map { $_->{$column} } @{$runs{$mode}}))
	} @columns;
	printf "%-11s %9d %8d %8d %8d %10d %9.1f  %.2f\n", $mode,
		@median{qw(allocs p50 p99 p999 max)},
		$median{released} / (1 << 20), $median{p999} / $rest;
}
print "\n";
