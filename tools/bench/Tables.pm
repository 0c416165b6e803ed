# SPDX-License-Identifier: GPL-2.0
# The tables that results.json holds: one for each series, mode, kernel and
# init_on_alloc, with a row for each operation and a column for each backend.
package Tables;
use strict;
use warnings;
use JSON::PP;
use Exporter 'import';
our @EXPORT = qw(read_results tables_of quantiles);

my @backends = qw(kspan kspan_cache kmalloc kmem_cache alloc_pages kvmalloc
		   array region collected go);
my @quantiles = qw(p50 p99 p999 max);

sub quantiles { return @quantiles }

sub read_results {
	my ($path) = @_;

	open my $fh, '<', $path or die "$path: $!\n";
	local $/;
	return decode_json(<$fh>);
}

# Results without a series are of several CPUs, or of memory.
sub series_of {
	my ($result) = @_;
	return $result->{series} if defined $result->{series};
	return $result->{mode} if $result->{unit} eq 'ops_per_s';
	return $result->{unit} eq 'percent' ? 'memory' : 'memory_bytes';
}

sub name_of {
	my ($result) = @_;
	my @words = (series_of($result));

	push @words, $result->{mode} if defined $result->{series};
	push @words, $result->{kernel};

	push @words, "init$result->{init_on_alloc}"
		if defined $result->{init_on_alloc};
	return join '-', @words;
}

sub row_name {
	my ($result) = @_;
	my @words = ($result->{bench});

	if (defined $result->{path}) {
		push @words, $result->{backend}, $result->{path};
	} else {
		push @words, $result->{size} if $result->{size};
		$words[-1] = ($words[-1] >> 20) . ' MB'
			if $result->{bench} =~ /^fleet_/;
		push @words, "$result->{cpus}cpu"
			if $result->{unit} eq 'ops_per_s';
	}
	return join ' ', @words;
}

# In a distribution the columns are its quantiles.
sub column_name {
	my ($result) = @_;
	return $result->{quantile} // $result->{backend};
}

sub known_first {
	my ($seen, @known) = @_;
	my %left = %$seen;

	my @names = grep { delete $left{$_} } @known;
	return (@names, sort keys %left);
}

# tables_of(RESULTS): each is {name, title, unit, columns, rows}; a row is
# {name, cells, empty, count}
sub tables_of {
	my ($results) = @_;
	my (@order, %tables);

	for my $result (@{$results->{results}}) {
		my $name = name_of($result);
		my $table = $tables{$name};
		if (!$table) {
			$table = $tables{$name} = {
				name => $name, unit => $result->{unit},
				tail => defined $result->{quantile},
				first => $result, rows => [],
			};
			push @order, $table;
		}
		my $label = row_name($result);
		my $row = $table->{row}{$label};
		if (!$row) {
			$row = $table->{row}{$label} = { name => $label };
			push @{$table->{rows}}, $row;
		}
		my $column = column_name($result);
		$table->{seen}{$column} = 1;
		$row->{cells}{$column} = $result->{value};
		$row->{count} = $result->{objects} if $table->{tail};
		$row->{empty} = $result->{empty}
			if defined $result->{empty} &&
			   ($result->{backend} eq 'kspan' || !defined $row->{empty});
	}
	for my $table (@order) {
		my $first = $table->{first};
		$table->{columns} = [known_first($table->{seen}, @backends,
						 @quantiles)];
		$table->{title} = sprintf('%s: Linux %s, %s%s',
			series_of($first), $first->{kernel},
			$first->{mode}, defined $first->{init_on_alloc} ?
			", init_on_alloc=$first->{init_on_alloc}" : '');
	}
	return @order;
}

1;
