#!/usr/bin/perl
# Says of each goal whether the results reach it. All are instructions with
# init_on_alloc=0.
#
#	goals.pl RESULTS
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tables;

# The worst of the measurements of these operations on that kernel counts, of
# one size or of all.
my @goals = (
	['pair, any size up to 32 KB', '6.12', 65, ['pair']],
	['pair, any size up to 32 KB', '6.1', 75, ['pair']],
	['pair, any size up to 32 KB', '7.2', 90, ['pair']],
	['pair, size constant', '6.12', 55, ['pair_constant']],
	(map { ['bulk of 64, per object', $_, 32, ['bulk_64']] }
		qw(6.1 6.12 7.2)),
	(map { ["1000 of $_ bytes, stride or random", '6.12', 130,
		['burst_stride', 'burst_random'], $_] } 64, 200, 1024),
);

# An interrupt's pair may cost so much more than a task's.
my $context_percent = 10;

die "usage: $0 RESULTS\n" unless @ARGV == 1;
my %value;	# kernel, operation, backend: by size
for my $result (@{read_results($ARGV[0])->{results}}) {
	next if $result->{mode} ne 'icount' || $result->{init_on_alloc} ||
		defined $result->{quantile};
	$value{$result->{kernel}}{$result->{bench}}{$result->{backend}}
		{$result->{size}} = $result->{value};
}

sub worst {
	my ($kernel, $benches, $size) = @_;
	my $of = $value{$kernel} || {};
	my @values = map {
		my $figures = $of->{$_}{kspan} || {};
		defined $size ? $figures->{$size} // () : values %$figures;
	} grep { $of->{$_} } @$benches;
	return (sort { $b <=> $a } @values)[0];
}

sub verdict {
	my ($name, $kernel, $measured, $goal) = @_;
	printf "%-40s %-5s %8.1f  goal %6.1f  %s\n", $name, $kernel,
		$measured, $goal, $measured <= $goal ? 'reached' : 'NOT reached';
}

print "goals, instructions, init_on_alloc=0\n";
for my $goal (@goals) {
	my ($name, $kernel, $most, $benches, $size) = @$goal;
	my $measured = worst($kernel, $benches, $size);
	verdict($name, $kernel, $measured, $most) if defined $measured;
}
for my $kernel (sort keys %value) {
	my $pair = $value{$kernel}{pair} or next;
	my @steps = sort { $a <=> $b } values %{$pair->{kspan}};
	verdict('pair, largest step between sizes', $kernel,
		$steps[-1] - $steps[0], 1);
	my @thirds = map { $pair->{kspan}{$_} / $pair->{kmalloc}{$_} }
		keys %{$pair->{kspan}};
	verdict('pair, percent of kmalloc', $kernel,
		100 * (sort { $b <=> $a } @thirds)[0], 100 / 3)
		if $kernel eq '6.12';
	my $task = worst($kernel, ['pair_task']) or next;
	verdict("pair in a $_, percent of a task's", $kernel,
		100 * worst($kernel, ["pair_$_"]) / $task,
		100 + $context_percent) for qw(softirq hardirq);
}
