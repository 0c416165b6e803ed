#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Says of each goal whether the results reach it, of as many as were measured.
#
#	goals.pl RESULTS
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tables;

# The worst of the measurements of these operations on that kernel counts, of
# one size or of all; of a heap's classes unless a backend is named.
my @goals = (
	['pair, any size up to 32 KB', '6.12', 65, ['pair']],
	['pair, any size up to 32 KB', '6.1', 75, ['pair']],
	['pair, any size up to 32 KB', '7.2', 90, ['pair']],
	['pair, size constant', '6.12', 55, ['pair_constant']],
	['pair of a typed cache', '6.12', 50, ['pair'], undef, 'kspan_cache'],
	(map { my $kernel = $_;
	       map { ["bulk of 64, per object of $_ bytes", $kernel, 32,
		      ['bulk_64'], $_] } 64, 256, 1024 } qw(6.1 6.12 7.2)),
	(map { ["1000 of $_ bytes, stride or random", '6.12', 130,
		['burst_stride', 'burst_random'], $_] } 64, 200, 1024),
);

# An interrupt's pair may cost so much more than a task's.
my $context_percent = 10;

die "usage: $0 RESULTS\n" unless @ARGV == 1;
my $results = read_results($ARGV[0])->{results};
my %value;	# kernel, operation, backend: by size
for my $result (@$results) {
	next if $result->{mode} ne 'icount' || $result->{init_on_alloc} ||
		defined $result->{quantile};
	$value{$result->{kernel}}{$result->{bench}}{$result->{backend}}
		{$result->{size}} = $result->{value};
}

sub worst {
	my ($kernel, $benches, $size, $backend) = @_;
	my $of = $value{$kernel} || {};
	my @values = map {
		my $figures = $of->{$_}{$backend // 'kspan'} || {};
		defined $size ? $figures->{$size} // () : values %$figures;
	} grep { $of->{$_} } @$benches;
	my ($worst) = sort { $b <=> $a } @values;
	return $worst;
}

sub line {
	my ($name, $kernel, $measured, $goal, $reached) = @_;
	printf "%-44s %-5s %8.2f  goal %6.2f  %s\n", $name, $kernel,
		$measured, $goal, $reached ? 'reached' : 'NOT reached';
}

sub at_most {
	my ($name, $kernel, $measured, $goal) = @_;
	line($name, $kernel, $measured, $goal, $measured <= $goal)
		if defined $measured;
}

sub at_least {
	my ($name, $kernel, $measured, $goal) = @_;
	line($name, $kernel, $measured, $goal, $measured >= $goal)
		if defined $measured;
}

print "instructions, init_on_alloc=0\n";
for my $goal (@goals) {
	my ($name, $kernel, $most, $benches, $size, $backend) = @$goal;
	at_most($name, $kernel, worst($kernel, $benches, $size, $backend), $most);
}
for my $kernel (sort keys %value) {
	my $pair = $value{$kernel}{pair} or next;
	my @steps = sort { $a <=> $b } values %{$pair->{kspan}};
	at_most('pair, largest step between sizes', $kernel,
		$steps[-1] - $steps[0], 1);
	my @thirds = map { $pair->{kspan}{$_} / $pair->{kmalloc}{$_} }
		keys %{$pair->{kspan}};
	at_most('pair, percent of kmalloc', $kernel,
		100 * (sort { $b <=> $a } @thirds)[0], 100 / 3)
		if $kernel eq '6.12';
	my $task = worst($kernel, ['pair_task']) or next;
	at_most("pair in a $_, percent of a task's", $kernel,
		100 * worst($kernel, ["pair_$_"]) / $task,
		100 + $context_percent) for qw(softirq hardirq);
}

# value_of(MODE, KERNEL, BENCH, BACKEND, SIZE, CPUS)
my %all;
$all{join ' ', @$_{qw(mode kernel bench backend size cpus)}} = $_->{value}
	for grep { !$_->{init_on_alloc} && !defined $_->{quantile} } @$results;
sub value_of { return $all{join ' ', @_} }

sub share {
	my ($of, $in) = @_;
	return defined $of && $in ? $of / $in : undef;
}

print "\ncycles at native speed, kspan : kmalloc\n";
my @native = qw(native-smp uml-smp);
sub native_share {
	my ($bench, $size, $cpus) = @_;
	return share(map { value_of(@native, $bench, $_, $size, $cpus) }
		     qw(kspan kmalloc));
}
at_most('pair of 64 bytes, cycles', $native[1],
	value_of(@native, qw(pair kspan 64 1)), 22);
at_most('pair of 64 bytes, of those of kmalloc', $native[1],
	native_share('pair', 64, 1), 0.45);
at_most('pair of 64 bytes of a typed cache, of those of kmem_cache', $native[1],
	share(map { value_of(@native, 'pair', $_, 64, 1) }
	      qw(kspan_cache kmem_cache)), 0.5);
at_most("1000 of $_ bytes at random, likewise", $native[1],
	native_share('burst_random', $_, 1), 0.4) for 64, 1024;

print "\noperations per second at native speed, multiples of kmalloc\n";
my %native_goals = ('linux-scalability' => 2, threadtest => 2, xmalloc => 1.5,
		    'xmalloc-mixed' => 1.3, larson => 1.5);
for my $result (grep { $_->{mode} eq $native[0] && $_->{backend} eq 'kspan' &&
		       $_->{unit} eq 'ops_per_s' && !$_->{series} } @$results) {
	my ($bench, $size, $cpus) = @$result{qw(bench size cpus)};
	my $goal = $bench =~ /^(?:queue|pingpong)/ ? 2 :
		$cpus == 2 ? $native_goals{$bench} // 1 : 1;

	at_least("$bench of $size, $cpus CPUs", $native[1],
		 native_share($bench, $size, $cpus), $goal);
}

# Operations per second: kspan's as a multiple of kmalloc's.
my @patterns = ([qw(xmalloc 3 1.3)], [qw(threadtest 1.5 1.2)],
		[qw(larson 1.5 1.2)], [qw(alloc-test 1.5 1.2)]);
my %times;	# kernel, CPUs: by pattern
for my $result (@$results) {
	next unless $result->{unit} eq 'ops_per_s' &&
		$result->{mode} eq 'smp' && $result->{backend} eq 'kspan' &&
		!$result->{series};
	my @where = @$result{qw(size cpus)};
	my $times = share($result->{value}, value_of('smp', $result->{kernel},
			  $result->{bench}, 'kmalloc', @where)) // next;
	$times{$result->{kernel}}{$result->{cpus}}{$result->{bench}} = $times;
}
print "\noperations per second, multiples of kmalloc\n";
for my $kernel (sort keys %times) {
	my $two = $times{$kernel}{2} || {};
	for (@patterns) {
		my ($pattern, $old, $new) = @$_;
		at_least("$pattern, 2 CPUs", $kernel, $two->{$pattern},
			 $kernel eq '6.12' ? $old : $new);
	}
	for my $cpus (sort { $a <=> $b } grep { $_ > 1 } keys %{$times{$kernel}}) {
		my $of = $times{$kernel}{$cpus};
		my ($worst) = sort { $of->{$a} <=> $of->{$b} } keys %$of;
		at_least("worst pattern, $cpus CPUs: $worst", $kernel,
			 $of->{$worst}, 1);
	}
}

# Whole modules, which do more than to allocate.
print "\nsamples, operations per second, multiples of kmalloc\n";
for my $result (grep { ($_->{series} // '') eq 'samples' &&
		       $_->{backend} eq 'kspan' } @$results) {
	my ($mode, $kernel, $bench, $size, $cpus) =
		@$result{qw(mode kernel bench size cpus)};
	my $times = share($result->{value}, value_of($mode, $kernel, $bench,
			  'kmalloc', $size, $cpus)) // next;

	at_least("$bench, $cpus CPUs", $kernel, $times, 1);
}

print "\nmemory, 256 MB live of the fleet's mix\n";
my $bytes = 256 << 20;
for my $kernel (qw(6.12 7.2)) {
	my @run = ('smp', $kernel);
	my $held = value_of(@run, 'fleet_steady_held_percent', 'kspan',
			    $bytes, 2);
	at_most('held, steady, in units of requested', $kernel, share($held, 100),
		1.15);
	at_most("the same of kmalloc's", $kernel, share($held,
		value_of(@run, 'fleet_steady_held_percent', 'kmalloc', $bytes,
			 2)), 1);
	at_most('metadata, percent of held', $kernel,
		value_of(@run, 'fleet_steady_metadata_percent', 'kspan', $bytes,
			 2), 1);
}
