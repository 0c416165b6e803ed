#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Makes results of what a guest printed.
#
#	collect.pl KERNEL CONFIG FILE [MODE UNIT]
#
# One JSON object per line: first what is to know of the kernel, then a result
# for each line of a series. Ticks are instructions where MODE is icount, which
# it is by default; "value" is per object, of the fastest run, but of the median one
# where caches are cold; so is "empty", the loop without the operation. Where series were measured several times, "value"
# is the median of these, "min" and "max" their spread, and "runs" their number.
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->canonical;

# What makes the kernel's own allocators faster or slower.
my @options = qw(
	SLUB SLAB_FREELIST_HARDENED SLAB_FREELIST_RANDOM SLUB_CPU_PARTIAL
	RANDOM_KMALLOC_CACHES SLAB_BUCKETS SLAB_MERGE_DEFAULT MEMCG MEMCG_KMEM
	MEM_ALLOC_PROFILING KFENCE KASAN HARDENED_USERCOPY FORTIFY_SOURCE UBSAN
	INIT_ON_ALLOC_DEFAULT_ON INIT_ON_FREE_DEFAULT_ON PREEMPT
	PREEMPT_VOLUNTARY PREEMPT_DYNAMIC MITIGATION_RETPOLINE RETPOLINE
	MITIGATION_RETHUNK RETHUNK CC_VERSION_TEXT
);

sub config_of {
	my ($path) = @_;
	my %wanted = map { $_ => 1 } @options;
	my %config;

	open my $fh, '<', $path or die "$path: $!\n";
	while (<$fh>) {
		next unless /^CONFIG_(\w+)=(.*)/ && $wanted{$1};
		my ($name, $value) = ($1, $2);
		$value =~ s/^"(.*)"$/$1/;
		$config{$name} = $value;
	}
	return \%config;
}

my ($kernel, $config, $file, $mode, $unit) = @ARGV;
die "usage: $0 KERNEL CONFIG FILE [MODE UNIT]\n" unless defined $file;
$mode //= 'icount';
$unit //= 'instructions';

my %about = (kernel => $kernel, config => config_of($config));
my ($series, $init_on_alloc, @columns, @results);

sub number { return 0 + sprintf('%.2f', $_[0]) }

sub per_object {
	my ($row, $column) = @_;
	return number($row->{$column} / $row->{objects});
}

sub row_result {
	my ($row) = @_;
	return {
		value	=> per_object($row, $row->{bench} =~ /^cold_/ ?
					    'median_ticks' : 'min_ticks'),
		min	=> per_object($row, 'min_ticks'),
		median	=> per_object($row, 'median_ticks'),
		max	=> per_object($row, 'max_ticks'),
		empty	=> per_object($row, 'empty_ticks'),
		objects	=> 0 + $row->{objects},
		runs	=> 0 + $row->{runs},
	};
}

# A distribution: each quantile is a result of its own.
sub tail_results {
	my ($row) = @_;
	return map { {
		quantile => $_,
		path	=> $row->{path},
		value	=> 0 + $row->{$_},
		min	=> 0 + $row->{min},
		max	=> 0 + $row->{max},
		objects	=> 0 + $row->{objects},
		runs	=> 1,
	} } qw(p50 p99 p999 max);
}

open my $fh, '<', $file or die "$file: $!\n";
while (<$fh>) {
	s/\r?\n$//;
	if (/^# kernel \S+ init_on_alloc (\d)/) {
		$init_on_alloc = 0 + $1;
	} elsif (/^# series (\S+)/) {
		$series = $1;
	} elsif (/^# (cpu|cmdline|version) (.*)/) {
		$about{$1} = $2;
	} elsif (/^bench /) {
		@columns = split;
	} elsif (/^#|^\s*$/) {
		next;
	} else {
		my %row;
		@row{@columns} = split;
		for my $result ($row{path} ? tail_results(\%row)
					   : row_result(\%row)) {
			push @results, {
				%$result,
				series	=> $series,
				bench	=> $row{bench},
				backend	=> $row{backend},
				size	=> 0 + $row{bytes},
				kernel	=> $kernel,
				mode	=> $mode,
				cpus	=> 1,
				unit	=> $unit,
				init_on_alloc => $init_on_alloc,
			};
		}
	}
}
die "$file: no results\n" unless @results;

# Results of the same measurement become one.
sub merged {
	my (@same) = @_;
	my %merged = %{$same[0]};

	return \%merged if @same == 1;
	my @values = sort { $a <=> $b } map { $_->{value} } @same;
	@merged{qw(value min max runs)} = ($values[$#values / 2], $values[0],
					   $values[-1], scalar @values);
	delete $merged{median};
	return \%merged;
}

my (%same, @keys);
for my $result (@results) {
	my $key = join ' ', map { $result->{$_} // '-' }
		qw(bench backend size init_on_alloc quantile path);
	push @keys, $key unless $same{$key};
	push @{$same{$key}}, $result;
}
@results = map { merged(@{$same{$_}}) } @keys;
$about{mitigations} = $about{cmdline} =~ /\bmitigations=(\S+)/ ? $1 : 'auto';
print $json->encode({ about => \%about }), "\n";
print $json->encode($_), "\n" for @results;
