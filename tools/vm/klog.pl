#!/usr/bin/perl
# Finds what a guest's kernel complained of.
#
#	klog.pl [FILE...]
#
# Prints each report with the lines that follow it, and as its last line their
# number. What came before the guest's init is the kernel's own affair. Tests
# that provoke a report write to /dev/kmsg (or printk) around it
#
#	kspan-test: expect-report begin
#	kspan-test: expect-report end
use strict;
use warnings;

my $sign = qr/
	\bWARNING:                           # WARN and most of lockdep
	| \bBUG\b[: ] | kernel\ BUG\ at      # BUG, KASAN, KCSAN, soft lockups
	| \bOops\b | \bUBSAN: | Kernel\ panic
	| Call\ Trace:
	| general\ protection\ fault | invalid\ opcode: | double\ fault
	| INFO:\ (?:possible|inconsistent|suspicious|trying\ to\ register)
	| INFO:\ (?:rcu_\S+\ (?:self-)?detected | task\ .*\ blocked\ for)
	| DEBUG_LOCKS_WARN_ON
	| kmemleak:\ \d+\ new\ suspected
/x;
# Reports are printed at one go; what comes later is something else.
my $gap_seconds = 0.5;
my $max_lines = 150;

my ($nreports, $in_report, $expected, $init, $last) = (0, 0, 0, 0, 0);
my $nlines = 0;

while (my $line = <>) {
	$line =~ s/\s+$//;
	# The script's output shares the console: only the kernel's lines have
	# a time, though perhaps behind the beginning of another line.
	my ($time, $text) = $line =~ /\[\s*(\d+\.\d{6})\](?:\[[^\]]*\])?\s?(.*)$/
		or next;

	if (!$init) {
		$init = $text =~ /^vm: init of /;
		next;
	}
	if ($text =~ /kspan-test: expect-report (begin|end)/) {
		$expected = $1 eq 'begin';
		$in_report = 0;
		next;
	}
	next if $expected;

	$in_report = 0 if $time - $last > $gap_seconds || $nlines >= $max_lines;
	$last = $time;
	if (!$in_report && $text =~ $sign) {
		$nreports++;
		$in_report = 1;
		$nlines = 0;
		print "FAILED kernel log: $text\n";
	} elsif ($in_report) {
		print "    $text\n";
		$nlines++;
	}
	$in_report = 0 if $text =~ /---\[ end (?:trace|Kernel panic)/;
}
if ($expected) {
	$nreports++;
	print "FAILED kernel log: expect-report begin without its end\n";
}
print "$nreports\n";
