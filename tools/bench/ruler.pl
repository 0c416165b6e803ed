#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Whether a kernel's own primitives cost what they cost on bare hardware.
#
#	ruler.pl FILE
#
# FILE has what the series "ruler" printed. The bounds are wide: three times what
# CPUs of the last years take. A primitive that is a system call, or a call instead of
# an instruction, is far beyond.
use strict;
use warnings;

my %most = (
	this_cpu_add		=> 6,
	spin_lock_irqsave	=> 90,
	smp_mb			=> 60,
);

die "usage: $0 FILE\n" unless @ARGV == 1;
my ($bad, %seen) = (0);
while (<>) {
	my ($name, $ruler, undef, $times, undef, $median) = split;
	next unless defined $median && $ruler eq 'ruler';
	my $cycles = $median / $times;
	my $most = $most{$name} // die "$name: unknown\n";
	$seen{$name} = 1;
	$bad += $cycles > $most;
	printf "%-18s %6.1f cycles, at most %d: %s\n", $name, $cycles, $most,
		$cycles > $most ? 'TOO MUCH' : 'fine';
}
for my $name (grep { !$seen{$_} } sort keys %most) {
	print "$name: not measured\n";
	$bad++;
}
exit($bad > 0);
