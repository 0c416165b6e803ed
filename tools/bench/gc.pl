#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Makes results of what "marking" printed: one JSON object per line for each backend,
# size and quantity, with the median, least and greatest value.
#
#	gc.pl KERNEL CPUS FILE
#
# Names say what they are in; a result's size is that of all trees, in MB.
# FILE has a line "# run" before each run, and then a name and a number on each line. A
# rate of marking is what the greatest size has more than the least, by the time it takes
# more.
use strict;
use warnings;
use JSON::PP;

my ($kernel, $cpus, $file) = @ARGV;
die "usage: $0 KERNEL CPUS FILE\n" unless defined $file;

my @wanted = qw(cycle_ns ops_per_s errors op_p50_ns op_p99_ns op_p999_ns op_p99999_ns
		op_max_ns ops_over_100us cycles assist_ns pause_p50_ns pause_p99_ns
		pause_max_ns);

my (@runs, %values);
open my $fh, '<', $file or die "$file: $!\n";
while (<$fh>) {
	s/\r?\n$//;
	push @runs, {} if /^# run/;
	$runs[-1]{$1} = $2 if @runs && /^(\w+) (\S+)$/;
}
die "$file: no results\n" unless @runs;

my $json = JSON::PP->new->canonical;

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2] }

sub result {
	my ($name, $backend, $megabytes, @values) = @_;

	print $json->encode({
		series => 'gc', mode => 'native-smp', bench => "$name ${cpus}cpu",
		backend => $backend, size => 0 + $megabytes,
		kernel => $kernel, cpus => 0 + $cpus, unit => 'as named',
		value => median(@values) + 0, runs => scalar @values,
		min => (sort { $a <=> $b } @values)[0] + 0,
		max => (sort { $b <=> $a } @values)[0] + 0,
	}), "\n";
}

for my $run (@runs) {
	# There is no mutator then.
	my ($shape, @names) = $run->{scattered} ?
		('scattered ', 'cycle_ns') : ('', @wanted);

	for my $name (@names) {
		my $value = $run->{$name};

		$value = int($run->{ops} * 1000 / $run->{ms})
			if $name eq 'ops_per_s' && $run->{ms};
		next unless defined $value;
		push @{$values{$shape}{$run->{backend}}{$run->{megabytes}}{$name}}, $value;
	}
	my $marked = $run->{marked_bytes} // 0;
	push @{$values{$shape}{$run->{backend}}{$run->{megabytes}}{marked}}, $marked;
}

sub results {
	my ($shape, $backend) = @_;
	my $of = $values{$shape}{$backend};
	my @sizes = sort { $a <=> $b } keys %$of;

	for my $size (@sizes) {
		for my $name (@wanted) {
			my $found = $of->{$size}{$name} or next;
			result("$shape$name", $backend, $size, @$found);
		}
	}
	my ($least, $most) = map { $of->{$_} } @sizes[0, -1];
	my $time = median(@{$most->{cycle_ns} // [0]}) -
		   median(@{$least->{cycle_ns} // [0]});
	return unless @sizes > 1 && $time > 0;
	my $bytes = median(@{$most->{marked}}) - median(@{$least->{marked}});
	result("${shape}mark_mb_per_s", $backend, $sizes[-1],
	       int($bytes * 1000 / $time));
}

for my $shape (sort keys %values) {
	results($shape, $_) for sort keys %{$values{$shape}};
}
