#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Makes results of what memory-guest.sh printed and left: for each point of each
# run the bytes requested, rounded, held and of metadata, what is held in percent
# of what is requested, and metadata in percent of what is held. Of a storm of frees
# after a grace period: the most that was held, also in percent of all that was freed.
#
#	memory.pl KERNEL CPUS FILE REPLAY
use strict;
use warnings;
use JSON::PP;

my ($kernel, $cpus, $file, $replay) = @ARGV;
die "usage: $0 KERNEL CPUS FILE REPLAY\n" unless defined $replay;

my $json = JSON::PP->new->canonical;

sub percent { return 0 + sprintf('%.2f', 100 * $_[0] / $_[1]) }

sub result {
	my ($bench, $backend, $size, $errors, $unit, $value) = @_;

	$bench =~ tr/-/_/;
	print $json->encode({
		bench => $bench, backend => $backend, size => 0 + $size,
		cpus => 0 + $cpus, kernel => $kernel, mode => 'smp',
		unit => $unit, value => 0 + $value, min => 0 + $value,
		max => 0 + $value, runs => 1, errors => 0 + $errors,
	}), "\n";
}

# point BENCH BACKEND SIZE ERRORS REQUESTED ROUNDED HELD METADATA
sub point {
	my ($bench, $backend, $size, $errors, @bytes) = @_;
	my ($requested, $rounded, $held, $metadata) = @bytes;
	my @run = ($backend, $size, $errors);

	result("${bench}_requested", @run, 'bytes', $requested);
	result("${bench}_rounded", @run, 'bytes', $rounded);
	result("${bench}_held", @run, 'bytes', $held);
	result("${bench}_held_percent", @run, 'percent',
	       percent($held, $requested));
	# What the kernel's allocators need beside their pages they do not tell.
	return unless $metadata;
	result("${bench}_metadata", @run, 'bytes', $metadata);
	result("${bench}_metadata_percent", @run, 'percent',
	       percent($metadata, $held));
}

# storm BACKEND BYTES FREES HELD ERRORS
sub storm {
	my ($backend, $bytes, $frees, $held, $errors) = @_;
	my @run = ($backend, $bytes, $errors);

	result('storm_rcu_held', @run, 'bytes', $held);
	result('storm_rcu_held_percent', @run, 'percent',
	       percent($held, $bytes * $frees));
}

my $points = 0;
open my $fh, '<', $file or die "$file: $!\n";
while (<$fh>) {
	if (s/^storm //) {
		storm(split);
		next;
	}
	my ($backend, $megabytes, $point, $requested, $rounded, $held,
	    $metadata, undef, $errors) = split;
	die "$file:$.: not a result: $_" unless defined $errors;
	point("fleet_$point", $backend, $megabytes << 20, $errors,
	      $requested, $rounded, $held, $metadata);
	$points++;
}
die "$file: no results\n" unless $points;
close $fh;

open $fh, '<', $replay or die "$replay: $!\n";
my $backends = decode_json(do { local $/; <$fh> })->{backends};
for my $backend (qw(kspan kmalloc kmem_cache)) {
	my $memory = $backends->{$backend}{memory};
	my $errors = $memory->{failures} + $memory->{corruptions};

	for my $point (qw(peak end)) {
		point("trace_$point", $backend, 0, $errors,
		      @{$memory->{$point}}{qw(requested_bytes slot_bytes
					      held_bytes metadata_bytes)});
	}
	my @run = ($backend, 0, $errors);
	result('trace_mean_held_percent', @run, 'percent', sprintf('%.2f',
	       100 + $memory->{held_mean_waste_percent}));
	my $thinned = $memory->{thinned};
	point('trace_thinned', $backend, 0, $errors,
	      @{$thinned}{qw(requested_bytes slot_bytes held_bytes
			     metadata_bytes)});
	for my $after (qw(0s 1s 10s)) {
		my $held = $memory->{"held_thinned_${after}_bytes"};
		result("trace_thinned_returned_${after}_held", @run, 'bytes',
		       $held);
		result("trace_thinned_returned_${after}_held_percent", @run,
		       'percent', percent($held, $thinned->{requested_bytes}));
	}
	result('trace_freed_held', @run, 'bytes', $memory->{held_freed_bytes});
	result('trace_returned_held', @run, 'bytes',
	       $memory->{held_returned_bytes});
}
