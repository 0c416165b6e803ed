#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Draws each table of results.json with gnuplot.
#
#	plot.pl RESULTS DIR
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Tables;

my ($path, $dir) = @ARGV;
die "usage: $0 RESULTS DIR\n" unless defined $dir;

sub quoted {
	my ($text) = @_;
	$text =~ s/["\\]/\\$&/g;
	return qq("$text");
}

# Bars on a logarithmic scale, as figures differ by three orders of magnitude.
sub script_of {
	my ($table) = @_;
	my @columns = @{$table->{columns}};
	my $width = 160 + 26 * @{$table->{rows}} + 6 * @columns *
		@{$table->{rows}};
	my $script = sprintf(<<'END', $width < 640 ? 640 : $width,
set terminal svg size %d,480 font "sans,11" background "white"
set output %s
set title %s noenhanced
set ylabel %s
set logscale y
set grid ytics
set key outside top center horizontal noenhanced
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8 noborder
set xtics rotate by -45 noenhanced
set rmargin 16
END
		quoted("$dir/$table->{name}.svg"), quoted($table->{title}),
		quoted($table->{unit}));

	$script .= "\$rows << EOD\n";
	for my $row (@{$table->{rows}}) {
		$script .= join(' ', quoted($row->{name}), map {
			$row->{cells}{$_} || 'NaN' } @columns) . "\n";
	}
	$script .= "EOD\nplot " . join(', ', map {
		my $n = $_ + 2;
		sprintf('$rows using %d%s title %s', $n,
			$_ ? '' : ':xtic(1)', quoted($columns[$_]));
	} 0 .. $#columns) . "\n";
	return $script;
}

for my $table (tables_of(read_results($path))) {
	open my $gnuplot, '|-', 'gnuplot' or die "gnuplot: $!\n";
	print $gnuplot script_of($table);
	close $gnuplot or die "gnuplot: $table->{name}\n";
}
