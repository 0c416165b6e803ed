#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Counts the instructions of functions by kind.
#
#	objdump -dr MODULE | golden.pl FUNCTION...
#
# Two lines for each function that is there. "body" is all of it; what it only
# jumps to, as the noinline cold halves, is not. "path" is what runs when no
# conditional branch is taken, up to the first return or jump out of the
# function. An instruction that changes memory in place is a load and a store.
use strict;
use warnings;

my @kinds = qw(instructions loads stores branches calls);
my %wanted = map { $_ => 1 } @ARGV;
my %code;	# function: [address, mnemonic, operands]

sub operands_of {
	my ($text) = @_;
	my @operands;

	$text =~ s/\s*(#|<).*//;
	# commas within brackets belong to one operand
	push @operands, $1 while $text =~ /((?:[^,(]|\([^)]*\))+)/g;
	return @operands;
}

sub in_memory {
	my ($operand) = @_;
	return $operand =~ /\(|%[defgs]s:/ && $operand !~ /^\*?%\w+$/;
}

sub count {
	my ($counts, $mnemonic, $text) = @_;
	my @operands = operands_of($text);
	my $target = $operands[-1] // '';

	return if $mnemonic =~ /^(nop|endbr|int3|data16|cs$)/ ||
		"$mnemonic $text" =~ /^xchg %ax,%ax/;
	$counts->{instructions}++;
	if ($mnemonic =~ /^call/) {
		$counts->{calls}++;
		return;
	}
	if ($mnemonic =~ /^(j|ret|loop)/) {
		$counts->{branches}++;
		return;
	}
	$counts->{stores}++ if $mnemonic =~ /^push/;
	$counts->{loads}++ if $mnemonic =~ /^pop/;
	return if $mnemonic =~ /^(lea|prefetch)/;
	$counts->{loads}++ for grep { in_memory($_) } @operands[0 .. $#operands - 1];
	return unless in_memory($target);
	$counts->{loads}++ unless $mnemonic =~ /^(mov|set|push|pop)/;
	$counts->{stores}++ unless $mnemonic =~ /^(cmp|test|bt[lqw]?$|push)/;
}

my $function = '';
while (<STDIN>) {
	if (/^[0-9a-f]+ <(.+)>:$/) {
		$function = $wanted{$1} ? $1 : '';
	} elsif ($function && /^\s*([0-9a-f]+):\t(?:[0-9a-f]{2} )+\s*\t(\S+)\s*(.*)/) {
		my ($address, $mnemonic, $operands) = (hex $1, $2, $3);
		# prefixes are words of their own
		($mnemonic, $operands) = ($1, $2)
			while $mnemonic =~ /^(lock|rep\w*|notrack|gs|ds)$/ &&
				$operands =~ /^(\S+)\s*(.*)/;
		push @{$code{$function}}, [$address, $mnemonic, $operands];
	} elsif ($function && /R_X86_64_\w+\s+(\S+)/) {
		$code{$function}[-1][3] = $1;
	}
}

# The index of the instruction that a jump within the function goes to.
sub target_of {
	my ($code, $instruction) = @_;
	my $address = $instruction->[2] =~ /^([0-9a-f]+)/ ? hex $1 : return undef;

	# a relocated jump leaves the function
	return undef if defined $instruction->[3];
	for my $i (0 .. $#$code) {
		return $i if $code->[$i][0] == $address;
	}
	return undef;
}

sub path_of {
	my ($code) = @_;
	my (%counts, %seen);

	for (my $i = 0; defined $i && $i <= $#$code && !$seen{$i}++;) {
		my ($address, $mnemonic, $operands) = @{$code->[$i]};

		count(\%counts, $mnemonic, $operands);
		last if $mnemonic =~ /^ret/;
		$i = $mnemonic =~ /^jmp/ ? target_of($code, $code->[$i]) : $i + 1;
	}
	return \%counts;
}

sub print_line {
	my ($name, $part, $counts) = @_;
	printf "%-26s %-5s", $name, $part;
	printf " %13d", $counts->{$_} // 0 for @kinds;
	print "\n";
}

printf "%-26s %-5s", 'function', 'part';
printf " %13s", $_ for @kinds;
print "\n";
for my $name (@ARGV) {
	my $code = $code{$name} or next;
	my %body;

	count(\%body, $_->[1], $_->[2]) for @$code;
	print_line($name, 'path', path_of($code));
	print_line($name, 'body', \%body);
}
