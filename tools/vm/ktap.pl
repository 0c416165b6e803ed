#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Reads KTAP and says what failed.
#
#	ktap.pl [FILE...]
#
# Prints each failed test with the lines it logged, and as its last line
# "PASSED FAILED SKIPPED". Tests that have subtests are not counted themselves,
# unless one fails though its subtests pass. What cannot be trusted is a failed
# test too: no KTAP at all, a plan that is not met, a number out of order, an
# end in the middle.
#
# Subtests are indented by spaces, as KUnit does, or begin with "# ", as
# kselftest's runner does. One input may hold several documents.
use strict;
use warnings;

my ($passed, $failed, $skipped) = (0, 0, 0);
my $ndocuments = 0;
my @failures;	# of finished documents: [name, [log lines]]
my @levels;	# open ones, outermost first

# A level is one list of results with one prefix. It is known by the name of
# the result that ends it, or till then by its "# Subtest:" line.
sub open_level {
	my ($prefix) = @_;
	push @levels, {
		prefix => $prefix, name => '', plan => undef, nresults => 0,
		nfailures => 0, failures => [], log => [],
	};
}

sub fail {
	my ($level, $name, $log) = @_;
	$failed++;
	$level->{nfailures}++;
	push @{$level->{failures}}, [$name, [@$log]];
}

# Ends the innermost level. $name is the result it belongs to.
sub close_level {
	my ($name) = @_;
	my $level = pop @levels;
	my $nested = @levels > 0;

	if (defined $level->{plan}) {
		fail($level, 'plan', ["$level->{plan} tests planned, " .
		     "$level->{nresults} run", @{$level->{log}}])
			if $level->{plan} != $level->{nresults};
	} elsif (!$nested || !$level->{nresults}) {
		# KUnit's parametrised tests go without a plan
		fail($level, 'plan', ['no plan', @{$level->{log}}]);
	}
	my $out = $nested ? $levels[-1]->{failures} : \@failures;
	$name = $level->{name} unless defined $name;
	for my $failure (@{$level->{failures}}) {
		my $path = $name eq '' ? $failure->[0] : "$name/$failure->[0]";
		push @$out, [$path, $failure->[1]];
	}
	$levels[-1]->{nfailures} += $level->{nfailures} if $nested;
	return $level;
}

# Ends levels whose own result never came, until $depth are left.
sub abandon {
	my ($depth) = @_;
	while (@levels > $depth) {
		fail($levels[-1], 'result', ['ended without its result',
		     @{$levels[-1]->{log}}]) if @levels > 1;
		close_level();
	}
}

sub depth_of {
	my ($prefix) = @_;
	for my $i (reverse 0 .. $#levels) {
		return $i + 1 if $levels[$i]->{prefix} eq $prefix;
	}
	return 0;
}

# The level for a plan or a subtest's name; opened where no version line did.
sub level_at {
	my ($prefix) = @_;
	my $depth = depth_of($prefix);

	if ($depth) {
		abandon($depth);
	} else {
		open_level($prefix);
	}
	return $levels[-1];
}

sub version {
	my ($prefix) = @_;
	my $depth = depth_of($prefix);

	if ($prefix eq '') {
		abandon(0);
		$ndocuments++;
	} elsif ($depth) {
		abandon($depth - 1);
	}
	open_level($prefix);
}

sub result {
	my ($prefix, $ok, $number, $name, $directive) = @_;
	my $depth = depth_of($prefix);
	my $child;

	if (!$depth) {
		open_level($prefix);
	} elsif (@levels > $depth) {
		abandon($depth + 1);
		$child = close_level($name);
	}
	my $level = $levels[-1];
	$level->{nresults}++;
	if ($number != $level->{nresults}) {
		fail($level, $name, ["test number $number where " .
		     "$level->{nresults} was due", @{$level->{log}}]);
		$level->{nresults} = $number;
	} elsif ($child && ($child->{nresults} || $child->{nfailures})) {
		# what came after its last subtest went to their log
		fail($level, $name, [@{$level->{log}}, @{$child->{log}}])
			if !$ok && !$child->{nfailures};
	} elsif ($directive =~ /^(SKIP|TODO|XFAIL)/i) {
		$skipped++;
	} elsif ($ok) {
		$passed++;
	} else {
		fail($level, $name, $level->{log});
	}
	$level->{log} = [];
}

while (my $line = <>) {
	$line =~ s/\s+$//;
	my ($prefix, $text) = $line =~ /^((?:  |\t|# )*)(.*)$/;

	# "# " begins subtests only where a version line said so
	if ($prefix =~ /#/ && !depth_of($prefix) &&
	    $text !~ /^K?TAP version \d+$/) {
		my ($spaces) = $prefix =~ /^([ \t]*)/;
		$text = substr($line, length $spaces);
		$prefix = $spaces;
	}
	if ($text =~ /^K?TAP version \d+$/ && (@levels || $prefix eq '')) {
		version($prefix);
	} elsif (!@levels) {
		next;
	} elsif ($text =~ /^# Subtest: (.*)/) {
		my $name = $1;
		level_at($prefix)->{name} = $name;
	} elsif ($text =~ /^1\.\.(\d+)(?:\s+#\s*(SKIP.*))?$/i) {
		my ($plan, $skip) = ($1, $2);
		level_at($prefix)->{plan} = $plan;
		# a nested list's own result says so too
		$skipped++ if $plan == 0 && $skip && @levels == 1;
	} elsif ($text =~ /^(not )?ok (\d+)(?:\s+(.*))?$/) {
		my ($not, $number, $name) = ($1, $2, $3 // '');
		my $directive = '';

		if ($name =~ s/\s*#\s*((?:SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b.*)$//i) {
			$directive = $1;
		}
		$name =~ s/^-\s*//;
		result($prefix, !$not, $number, $name, $directive);
	} elsif ($text =~ /^Bail out!/) {
		fail($levels[-1], 'bail out', [@{$levels[-1]->{log}}, $line]);
	} else {
		push @{$levels[-1]->{log}}, $line;
	}
}
abandon(0);

if (!$ndocuments) {
	$failed++;
	push @failures, ['KTAP', ['no KTAP output']];
}
for my $failure (@failures) {
	print "FAILED $failure->[0]\n";
	print "    $_\n" for @{$failure->[1]};
}
print "$passed $failed $skipped\n";
