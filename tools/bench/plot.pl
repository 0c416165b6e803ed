#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Draws each table of results.json with gnuplot; and of patterns that ran on one CPU,
# on two and so on, how much is done by so many, as DIR/scaling-MODE-KERNEL-PATTERN.svg.
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

# Points of each backend by number of CPUs, with the least and the most of all runs.
sub curve_of {
	my ($name, $curve) = @_;
	my @backends = sort keys %$curve;
	my ($most) = sort { $b <=> $a } map { keys %$_ } values %$curve;
	my $script = sprintf(<<'END', quoted("$dir/scaling-$name.svg"), quoted($name), $most + 0.5);
set terminal svg size 480,360 font "sans,11" background "white"
set output %s
set title %s noenhanced
set xlabel "CPUs"
set ylabel "operations per second"
set format y "%%.1s %%c"
set yrange [0:*]
set xtics 1
set xrange [0.5:%s]
set grid
set key outside top center horizontal noenhanced
END

	for my $backend (@backends) {
		my $points = $curve->{$backend};

		$script .= "\$$backend << EOD\n";
		$script .= "$_ @{$points->{$_}}\n"
			for sort { $a <=> $b } keys %$points;
		$script .= "EOD\n";
	}
	return $script . 'plot ' . join(', ', map {
		my $n = $_ + 1;
		"\$$backends[$_] using 1:2 with lines lc $n notitle, " .
		"\$$backends[$_] using 1:2:3:4 with yerrorbars lc $n title " .
		quoted($backends[$_]);
	} 0 .. $#backends) . "\n";
}

# By mode, kernel and pattern, those that ran on more than one number of CPUs.
sub curves_of {
	my ($results) = @_;
	my (%curves, %cpus);

	for my $result (@{$results->{results}}) {
		next unless $result->{unit} eq 'ops_per_s';
		my $name = "$result->{mode}-$result->{kernel}-$result->{bench}";

		$cpus{$name}{$result->{cpus}} = 1;
		$curves{$name}{$result->{backend}}{$result->{cpus}} =
			[@$result{qw(value min max)}];
	}
	delete @curves{grep { keys %{$cpus{$_}} < 2 } keys %curves};
	return \%curves;
}

sub draw {
	my ($name, $script) = @_;

	open my $gnuplot, '|-', 'gnuplot' or die "gnuplot: $!\n";
	print $gnuplot $script;
	close $gnuplot or die "gnuplot: $name\n";
}

my $results = read_results($path);

draw($_->{name}, script_of($_)) for tables_of($results);
my $curves = curves_of($results);
draw($_, curve_of($_, $curves->{$_})) for sort keys %$curves;
