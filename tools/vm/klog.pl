#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
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
#
# KCSAN sees races everywhere in the kernel: those without one of our modules
# in them do not count, nor is what an interrupt does that of whoever it met, or what
# scheduler, page allocator and reclaim do that of whoever sleeps or wants pages.
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

my ($nreports, $expected, $init, $last) = (0, 0, 0, 0);
my @report;	# the one that is being read

# What the kernel does of its own, whoever it has met, put to sleep, given pages or a work
# item to, and when it stops a thread; and marks of an xarray, which may change under one
# who looks for them as an RCU reader. What reclaim calls of ours is above it.
my $kernels_own = qr/^\s*(?:asm_(?:sysvec|common)_\w+|usleep_range_state|msleep
			|schedule(?:_\w+)?|xa_set_mark|xa_find_after
			|__alloc_pages(?:_noprof)?|kthread_stop
			|queue_(?:delayed_)?work_on)\+/x;

# Whether one of our modules is in a stack, above what is the kernel's own.
sub races_with_us {
	my $beyond = 0;

	for my $text (@report) {
		$beyond = 0 if $text =~ /^(?:BUG:|read|write|assert)\b/;
		$beyond = 1 if $text =~ $kernels_own;
		return 1 if !$beyond && $text =~ /\[kspan/;
	}
	return 0;
}

sub end_report {
	if (@report && ($report[0] !~ /KCSAN/ || races_with_us())) {
		$nreports++;
		print "FAILED kernel log: $report[0]\n";
		print "    $_\n" for @report[1 .. $#report];
	}
	@report = ();
}

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
		end_report();
		next;
	}
	next if $expected;

	end_report() if $time - $last > $gap_seconds || @report > $max_lines;
	$last = $time;
	push @report, $text if @report || $text =~ $sign;
	# how a WARN, a panic and the sanitizers' reports end
	end_report() if $text =~ /---\[ end (?:trace|Kernel panic)|^={20,}$/;
}
end_report();
if ($expected) {
	$nreports++;
	print "FAILED kernel log: expect-report begin without its end\n";
}
print "$nreports\n";
