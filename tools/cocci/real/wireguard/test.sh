#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two network namespaces talk through a wireguard tunnel over veth.
# shellcheck disable=SC2317 source=../guest.sh
. "$(dirname "$0")/guest.sh"

ip() { program ip "$@"; }

# in_net NAMESPACE COMMAND...
in_net()
{
	net=$1
	shift
	nsenter --net="/tmp/net.$net" "$@"
}

ip_in()
{
	net=$1
	shift
	in_net "$net" "$(find "$HERE/bin" -name 'ld-*.so*')" \
		--library-path "$HERE/bin" "$HERE/bin/$IP" "$@"
}

wg_in() { IP=wg ip_in "$@"; }

make_nets()
{
	for net in a b; do
		: >/tmp/net.$net
		unshare --net="/tmp/net.$net" true
	done
}

test_wireguard_carries_a_file()
{
	IP=ip
	make_nets
	ip link add va type veth peer name vb
	ip link set va netns /tmp/net.a
	ip link set vb netns /tmp/net.b
	for net in a b; do
		[ $net = a ] && me=1 other=2 || { me=2 other=1; }
		ip_in $net link set lo up
		ip_in $net addr add 10.0.0.$me/24 dev v$net
		ip_in $net link set v$net up
		ip_in $net link add wg0 type wireguard
		ip_in $net addr add 10.1.0.$me/24 dev wg0
		(umask 077; program wg genkey >/tmp/key.$me)
		program wg pubkey </tmp/key.$me >/tmp/pub.$me
	done
	for net in a b; do
		[ $net = a ] && me=1 other=2 || { me=2 other=1; }
		wg_in $net set wg0 listen-port 51820 private-key /tmp/key.$me \
			peer "$(cat /tmp/pub.$other)" allowed-ips 10.1.0.0/24 \
			endpoint 10.0.0.$other:51820
		ip_in $net link set wg0 up
	done
	in_net a ping -c 3 -W 10 10.1.0.2
	yes "through the tunnel" | head -c 3000000 >/tmp/sent
	# a receiver whose own input ends would end the connection
	mkfifo /tmp/silence
	sleep 300 >/tmp/silence &
	echo $! >>/tmp/ktap.pids
	in_net b nc -l -p 7000 </tmp/silence >/tmp/received &
	receiver=$!
	echo $receiver >>/tmp/ktap.pids
	sleep 1
	in_net a nc 10.1.0.2 7000 </tmp/sent
	wait $receiver
	cmp /tmp/sent /tmp/received
	echo "checksum: wireguard $(sha256sum </tmp/received)"
	wg_in a show
	heap_is_sound wireguard
}

# Tables and tries: peers with many allowed addresses, which go again.
test_wireguard_peers_come_and_go()
{
	IP=ip
	i=0
	while [ $i -lt 40 ]; do
		key=$(program wg genkey | program wg pubkey)
		wg_in a set wg0 peer "$key" \
			allowed-ips "10.2.$i.0/24,fd00::$i:0/112,10.3.$i.7/32"
		[ $((i % 2)) -eq 0 ] || wg_in a set wg0 peer "$key" remove
		i=$((i + 1))
	done
	[ "$(wg_in a show wg0 peers | wc -l)" -eq 21 ]
	heap_is_sound wireguard
	in_net a ping -c 1 -W 10 10.1.0.2
}

test_wireguard_leaves_nothing()
{
	IP=ip
	for net in a b; do
		ip_in $net link del wg0
		umount /tmp/net.$net
	done
	leaves_nothing wireguard
}

ktap_run wireguard_carries_a_file wireguard_peers_come_and_go \
	wireguard_leaves_nothing
