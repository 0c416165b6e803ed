#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Draws what curves-guest.sh printed and prints a table of it.
#
#	curves.pl KERNEL FILE DIR
#
# One picture for each load, with kspan and kmalloc() in it. What is given back
# and taken again within 5 s is told from the samples, as an upper bound: whatever
# the heap grows by is what it last gave back, if that was so short a time ago.
use strict;
use warnings;

my ($kernel, $path, $dir) = @ARGV;
die "usage: $0 KERNEL FILE DIR\n" unless defined $dir;

my $mb = 1 << 20;
my $retake_ms = 5000;
my @columns = qw(ms requested held free live cached grown released
		 machine);

# ---- reading ----------------------------------------------------------------

# Each run is {backend, sizes, shape, megabytes, failures, samples, marks}.
sub read_runs {
	my ($path) = @_;
	my @runs;

	open my $fh, '<', $path or die "$path: $!\n";
	while (<$fh>) {
		my ($what, @words) = split;
		if ($what eq 'curve') {
			my %run = (samples => [], marks => {});
			@run{qw(backend sizes shape megabytes failures)} = @words;
			push @runs, \%run;
		} elsif ($what eq 'sample') {
			my %sample;
			@sample{@columns} = @words;
			push @{$runs[-1]{samples}}, \%sample;
		} elsif ($what eq 'mark') {
			my ($name, %mark) = (shift @words);
			@mark{qw(ms blocks free back)} = @words;
			$runs[-1]{marks}{$name} = \%mark;
		} elsif ($what eq 'spent') {
			$runs[-1]{spent_ms} = $words[0] / 1e6;
		}
	}
	close $fh;
	die "$path: no curves\n" unless @runs;
	return @runs;
}

# The sample taken at a mark.
sub at {
	my ($run, $name) = @_;
	my $mark = $run->{marks}{$name} or return;

	for my $sample (reverse @{$run->{samples}}) {
		return $sample if $sample->{ms} <= $mark->{ms};
	}
	return;
}

sub retaken {
	my ($run) = @_;
	my @given;	# [ms, bytes], the latest last
	my ($retaken, $before) = (0);

	for my $sample (@{$run->{samples}}) {
		if ($before) {
			my $grown = $sample->{grown} - $before->{grown};
			my $released = $sample->{released} - $before->{released};
			push @given, [$sample->{ms}, $released] if $released;
			while ($grown && @given &&
			       $sample->{ms} - $given[-1][0] <= $retake_ms) {
				my $bytes = $grown < $given[-1][1] ? $grown :
					$given[-1][1];
				$retaken += $bytes;
				$grown -= $bytes;
				$given[-1][1] -= $bytes;
				pop @given unless $given[-1][1];
			}
		}
		$before = $sample;
	}
	return $retaken;
}

# ---- pictures ---------------------------------------------------------------

sub draw {
	my ($name, @runs) = @_;
	my (%data, @lines);
	my ($kspan) = grep { $_->{backend} eq 'kspan' } @runs;
	my ($kmalloc) = grep { $_->{backend} eq 'kmalloc' } @runs;

	for my $run (@runs) {
		$data{$run->{backend}} = join '', map {
			my $sample = $_;
			join(' ', $sample->{ms} / 1000, map { $_ / $mb }
			     @$sample{@columns[1 .. $#columns]}) . "\n"
		} @{$run->{samples}};
	}
	push @lines, map { "\$kspan using 1:$_->[0] title '$_->[1]' $_->[2]" }
		[3, 'kspan: backing', 'lc "#0060ad" lw 2'],
		[4, 'kspan: free pages', 'lc "#80b0e0"'],
		[5, 'kspan: live', 'lc "#30a030"'],
		[6, 'kspan: in caches', 'lc "#a060c0"'],
		[2, 'requested', 'lc "#000000" dt 2'] if $kspan;
	push @lines, "\$kmalloc using 1:3 title 'kmalloc: slab pages' " .
		'lc "#d05020" lw 2' if $kmalloc;

	open my $gnuplot, '|-', 'gnuplot' or die "gnuplot: $!\n";
	print $gnuplot <<"END";
set terminal svg size 900,420 font "sans,11" background "white"
set output "$dir/$name.svg"
set title "$runs[0]{megabytes} MB, $runs[0]{sizes}, $runs[0]{shape}; Linux $kernel" noenhanced
set xlabel "s"
set ylabel "MB"
set yrange [0:*]
set grid
set key outside right samplen 2
set style data lines
END
	print $gnuplot "\$$_ << EOD\n$data{$_}EOD\n" for sort keys %data;
	print $gnuplot 'plot ', join(', ', @lines), "\n";
	close $gnuplot or die "gnuplot: $name\n";
}

# ---- tables -----------------------------------------------------------------

sub percent {
	my ($part, $whole) = @_;
	return $whole ? sprintf('%.0f%%', 100 * $part / $whole) : '-';
}

sub megabytes { return sprintf '%.1f', $_[0] / $mb }

# The marks of a run in their order.
sub marks {
	my ($run) = @_;
	my $marks = $run->{marks};

	return sort { $marks->{$a}{ms} <=> $marks->{$b}{ms} } keys %$marks;
}

# Of what was held at the beginning of a rest beyond live objects, how much is
# not held any more at its end.
sub surplus_back {
	my ($run, $name) = @_;
	(my $begin = $name) =~ s/_end$// or return '-';
	my ($first, $last) = (at($run, $begin), at($run, $name));

	return percent($first->{held} - $last->{held},
		       $first->{held} - $last->{live});
}

# What is held at each mark.
sub print_held {
	my (@runs) = @_;

	print "memory held, MB: Linux $kernel\n";
	printf "%-7s %-6s %-12s %9s %7s %8s %6s %5s %5s %7s %8s\n",
		qw(load sizes moment requested kspan kmalloc blocks free back
		   of_free surplus);
	my %kmalloc = map { ("$_->{sizes} $_->{shape}" => $_) }
		grep { $_->{backend} eq 'kmalloc' } @runs;
	for my $run (grep { $_->{backend} eq 'kspan' } @runs) {
		my $other = $kmalloc{"$run->{sizes} $run->{shape}"};
		for my $name (marks($run)) {
			my $sample = at($run, $name);
			my $mark = $run->{marks}{$name};
			my $beside = $other && at($other, $name);
			printf "%-7s %-6s %-12s %9s %7s %8s %6d %5d %5d %7s %8s\n",
				$run->{shape}, $run->{sizes}, $name,
				megabytes($sample->{requested}),
				megabytes($sample->{held}),
				$beside ? megabytes($beside->{held}) : '-',
				@$mark{qw(blocks free back)},
				percent($mark->{back}, $mark->{free}),
				surplus_back($run, $name);
		}
	}
	print "\n";
}

# What came and went.
sub print_moved {
	my (@runs) = @_;

	print "given back and taken again, MB: Linux $kernel\n";
	printf "%-8s %-7s %9s %9s %9s %9s %9s %9s\n",
		qw(load sizes seconds grown returned again share cpu);
	for my $run (grep { $_->{backend} eq 'kspan' } @runs) {
		my $last = $run->{samples}[-1];
		my $retaken = retaken($run);
		printf "%-8s %-7s %9.0f %9s %9s %9s %9s %9s\n",
			$run->{shape}, $run->{sizes}, $last->{ms} / 1000,
			megabytes($last->{grown}), megabytes($last->{released}),
			megabytes($retaken),
			percent($retaken, $last->{released}),
			$run->{spent_ms} ? sprintf('%.2f%%',
				100 * $run->{spent_ms} / $last->{ms}) : '-';
	}
	print "\n";
}

my @runs = read_runs($path);
my (%groups, @order);
for my $run (@runs) {
	my $name = "curve-$kernel-$run->{sizes}-$run->{shape}";
	push @order, $name unless $groups{$name};
	push @{$groups{$name}}, $run;
}
draw($_, @{$groups{$_}}) for @order;
print_held(@runs);
print_moved(@runs);
for my $run (grep { $_->{failures} } @runs) {
	die "$run->{backend} $run->{sizes} $run->{shape}: " .
	    "$run->{failures} allocations failed\n";
}
