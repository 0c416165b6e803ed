#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Makes results of runs that were repeated: one JSON object per line for each
# bench, backend, size and number of CPUs, with the median, least and greatest
# value.
#
#	median.pl KERNEL UNIT FILE [MODE [SERIES]]
#
# FILE has lines of BENCH BACKEND SIZE CPUS VALUE ERRORS.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(sum);

my ($kernel, $unit, $file, $mode, $series) = @ARGV;
die "usage: $0 KERNEL UNIT FILE [MODE [SERIES]]\n" unless defined $file;

my (%values, %errors, @keys);
open my $fh, '<', $file or die "$file: $!\n";
while (<$fh>) {
	my ($bench, $backend, $size, $cpus, $value, $errors) = split;
	die "$file:$.: not a result: $_" unless defined $errors;
	my $key = "$bench $backend $size $cpus";
	push @keys, $key unless $values{$key};
	push @{$values{$key}}, $value;
	push @{$errors{$key}}, $errors;
}
die "$file: no results\n" unless @keys;

my $json = JSON::PP->new->canonical;
for my $key (@keys) {
	my ($bench, $backend, $size, $cpus) = split / /, $key;
	my @sorted = sort { $a <=> $b } @{$values{$key}};
	print $json->encode({
		bench => $bench, backend => $backend, size => 0 + $size,
		cpus => 0 + $cpus, kernel => $kernel, mode => $mode // 'smp',
		unit => $unit, value => 0 + $sorted[$#sorted / 2],
		min => 0 + $sorted[0], max => 0 + $sorted[-1],
		runs => scalar @sorted, errors => sum(@{$errors{$key}}),
		defined $series ? (series => $series) : (),
	}), "\n";
}
