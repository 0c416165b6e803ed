#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Prints the tables of results.json.
#
#	tables.pl RESULTS [NAME...]
#
# A name such as "pair-icount-6.12" picks the tables whose names begin so.
# The last column is each backend's figure as a multiple of kspan's; but of
# operations per second, where more is better, kspan's as a multiple of each.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tables;

sub figure {
	my ($value) = @_;
	return '-' unless defined $value;
	return sprintf($value == int $value && $value >= 1000 ? '%d' : '%.1f',
		       $value);
}

sub ratios {
	my ($row, $more_is_better, @columns) = @_;
	my $kspan = $row->{cells}{kspan};

	return '' unless $kspan;
	return join ' : ', map {
		my $value = $row->{cells}{$_};
		defined $value ? $_ eq 'kspan' ? '1' :
			sprintf('%.2g', $more_is_better ?
				$kspan / ($value || 1) : $value / $kspan) : '-';
	} @columns;
}

sub print_table {
	my ($table) = @_;
	my @columns = @{$table->{columns}};
	my $has_empty = grep { defined $_->{empty} } @{$table->{rows}};
	my $more_is_better = $table->{unit} eq 'ops_per_s';
	my $last = $table->{tail} ? ['objects'] :
		[$has_empty ? 'empty' : '', join(' : ', @columns)];

	print "$table->{title}; $table->{unit}",
	      $has_empty ? ' per object' : '', "\n";
	printf '%-28s', 'operation, bytes';
	printf ' %11s', $_ for @columns, $last->[0];
	print "  $last->[1]" if $last->[1];
	print "\n";
	for my $row (@{$table->{rows}}) {
		printf '%-28s', $row->{name};
		printf ' %11s', figure($row->{cells}{$_}) for @columns;
		if ($table->{tail}) {
			printf " %11s\n", $row->{count};
		} else {
			printf " %11s  %s\n",
				$has_empty ? figure($row->{empty}) : '',
				ratios($row, $more_is_better, @columns);
		}
	}
	print "\n";
}

my ($path, @names) = @ARGV;
die "usage: $0 RESULTS [NAME...]\n" unless defined $path;
my $results = read_results($path);
my $kernels = $results->{machine}{kernels} || {};
for my $kernel (sort keys %$kernels) {
	my $about = $kernels->{$kernel};
	my $config = $about->{config} || {};
	printf "%s: %s\n", $kernel, $about->{version} // '';
	printf "    mitigations %s, memcg %s, hardened freelists %s, cpu %s\n",
		$about->{mitigations} // '?',
		$config->{MEMCG} // 'n',
		$config->{SLAB_FREELIST_HARDENED} // 'n', $about->{cpu} // '?';
}
print "\n";
for my $table (tables_of($results)) {
	print_table($table)
		if !@names || grep { index($table->{name}, $_) == 0 } @names;
}
