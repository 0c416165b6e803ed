#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# A table of what neighbour-guest.sh printed: the median of the boots with kspan,
# of those with kmalloc(), and their ratio.
#
#	neighbour.pl KERNEL SIZES PREFIX
#
# reads PREFIX-BACKEND-*.txt.
use strict;
use warnings;

my ($kernel, $sizes, $prefix) = @ARGV;
die "usage: $0 KERNEL SIZES PREFIX\n" unless defined $prefix;

my $mb = 1 << 20;
my @backends = qw(kspan kmalloc);
# name, what is better, and the value from what a boot printed
my @rows = (
	['live objects, MB', '-', sub { $_[0]{requested_bytes} / $mb }],
	['held for them, MB', 'less', sub { $_[0]{held_bytes} / $mb }],
	['unmovable page blocks', 'less', sub { $_[0]{blocks_unmovable} }],
	['unusable free space index', 'less', sub { $_[0]{unusable_index} }],
	['external fragmentation index', '-', sub { $_[0]{extfrag_index} }],
	['order-9 pages to be had', 'more', sub { $_[0]{order9_blocks} }],
	['MB free before', 'more', sub { $_[0]{order9_free_bytes} / $mb }],
	['order-9 pages of free, %', 'more', sub {
		100 * $_[0]{order9_blocks} * 2 * $mb / $_[0]{order9_free_bytes}
	}],
	['MB touched by a program', '-', sub { $_[0]{huge_megabytes} }],
	['huge-page faults served, %', 'more', sub {
		100 * $_[0]{huge_served} /
			(($_[0]{huge_served} + $_[0]{huge_refused}) || 1)
	}],
	['MemAvailable at the end, MB', 'more',
	 sub { $_[0]{memavailable_bytes} / $mb }],
);

sub read_boot {
	my ($path) = @_;
	my %values;

	open my $fh, '<', $path or die "$path: $!\n";
	while (<$fh>) {
		my ($key, $value) = split;
		$values{$key} = $value;
	}
	close $fh;
	die "$path: not complete\n" unless defined $values{memavailable_bytes};
	return \%values;
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);

	return @sorted % 2 ? $sorted[$middle] :
		($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

my %boots;
for my $backend (@backends) {
	$boots{$backend} = [map { read_boot($_) }
			    sort glob "$prefix-$backend-*.txt"];
	die "$prefix-$backend: no boots\n" unless @{$boots{$backend}};
}
printf "beside a load of %s: Linux %s; medians of %d boots\n",
	$sizes eq 'fleet' ? 'small objects' : 'objects of 16 to 64 KB',
	$kernel, scalar @{$boots{kspan}};
printf "%-30s %9s %9s %9s  %s\n", 'what', @backends, 'ratio', 'better is';
for my $row (@rows) {
	my ($name, $better, $value) = @$row;
	my ($kspan, $kmalloc) = map {
		median(map { $value->($_) } @{$boots{$_}})
	} @backends;
	printf "%-30s %9.2f %9.2f %9s  %s\n", $name, $kspan, $kmalloc,
		$kmalloc ? sprintf('%.2f', $kspan / $kmalloc) : '-', $better;
}
print "\n";
