#!/usr/bin/perl
# Makes results of what memory-guest.sh printed: for each point of each run the
# bytes requested, rounded, held and of metadata, what is held in percent of
# what is requested, and metadata in percent of what is held.
#
#	memory.pl KERNEL CPUS FILE
use strict;
use warnings;
use JSON::PP;

my ($kernel, $cpus, $file) = @ARGV;
die "usage: $0 KERNEL CPUS FILE\n" unless defined $file;

my $json = JSON::PP->new->canonical;

sub percent { return 0 + sprintf('%.2f', 100 * $_[0] / $_[1]) }

my $results = 0;
open my $fh, '<', $file or die "$file: $!\n";
while (<$fh>) {
	my ($backend, $megabytes, $point, $requested, $rounded, $held,
	    $metadata, undef, $errors) = split;
	die "$file:$.: not a result: $_" unless defined $errors;
	my @values = (
		[requested	=> 'bytes', $requested],
		[rounded	=> 'bytes', $rounded],
		[held		=> 'bytes', $held],
		[held_percent	=> 'percent', percent($held, $requested)],
	);
	# What the kernel's allocators need beside their pages they do not tell.
	push @values, (
		[metadata	=> 'bytes', $metadata],
		[metadata_percent => 'percent', percent($metadata, $held)],
	) if $metadata;
	for my $value (@values) {
		my ($what, $unit, $number) = @$value;
		print $json->encode({
			bench => "fleet_${point}_$what" =~ tr{-}{_}r, backend => $backend,
			size => $megabytes << 20, cpus => 0 + $cpus,
			kernel => $kernel, mode => 'smp', unit => $unit,
			value => 0 + $number, min => 0 + $number,
			max => 0 + $number, runs => 1, errors => 0 + $errors,
		}), "\n";
		$results++;
	}
}
die "$file: no results\n" unless $results;
