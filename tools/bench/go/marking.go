// SPDX-License-Identifier: GPL-2.0

// The same graph as kspan_bench's "marking", on Go's own collector: what it marks in a
// second, and how long ops take while it does.
//
//	marking MEGABYTES THREADS MILLISECONDS [scattered]
//
// GOMAXPROCS says on how many CPUs. Prints a name and a number on each line.
package main

import (
	"fmt"
	"math/bits"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	collections = 5
	steps       = 8
	percent     = 10
	longTime    = 100 * time.Microsecond
)

type node struct {
	left, right *node
	payload     [6]uint64
}

type mutator struct {
	root    *node
	random  uint32
	ops     uint64
	long    uint64
	max     time.Duration
	buckets [64 * steps]uint64
}

func build(slot **node, n uint64) {
	if n == 0 {
		return
	}
	*slot = new(node)
	build(&(*slot).left, (n-1)/2)
	build(&(*slot).right, n-1-(n-1)/2)
}

func (m *mutator) next() uint32 {
	m.random ^= m.random << 13
	m.random ^= m.random >> 17
	m.random ^= m.random << 5
	return m.random
}

// A node more, at a random place.
func (m *mutator) insert() {
	way := uint64(m.next()) << 32
	way |= uint64(m.next())
	slot := &m.root
	for *slot != nil {
		if way&1 != 0 {
			slot = &(*slot).left
		} else {
			slot = &(*slot).right
		}
		way = bits.RotateLeft64(way, -1)
	}
	*slot = new(node)
}

func (m *mutator) replaceLeaf() {
	way := m.next()
	slot := &m.root
	leaf := *slot
	for leaf != nil {
		next := &leaf.right
		if way&1 != 0 {
			next = &leaf.left
		}
		if *next == nil {
			break
		}
		slot = next
		leaf = *next
		way = bits.RotateLeft32(way, -1)
	}
	n := new(node)
	if leaf != nil {
		*slot = n
		n.left = leaf.left
		n.right = leaf.right
	}
}

func bucketOf(d time.Duration) int {
	ns := uint64(d)
	order := bits.Len64(ns|steps) - 1
	return (order-3)*steps + int((ns>>(order-3))&(steps-1))
}

func bucketTime(bucket int) uint64 {
	return uint64(steps+bucket%steps+1) << (bucket / steps)
}

var stop atomic.Bool

func (m *mutator) mutate() {
	for !stop.Load() {
		begin := time.Now()
		m.replaceLeaf()
		took := time.Since(begin)
		m.buckets[bucketOf(took)]++
		if took > m.max {
			m.max = took
		}
		if took > longTime {
			m.long++
		}
		m.ops++
	}
}

func usage() {
	fmt.Fprintln(os.Stderr,
		"usage: marking MEGABYTES THREADS MILLISECONDS [scattered]")
	os.Exit(1)
}

func number(i int) uint64 {
	n, err := strconv.ParseUint(os.Args[i], 10, 32)
	if err != nil {
		usage()
	}
	return n
}

func quantile(mutators []*mutator, rank uint64) uint64 {
	var n uint64
	for i := 0; i < 64*steps; i++ {
		for _, m := range mutators {
			n += m.buckets[i]
		}
		if n > rank {
			return bucketTime(i)
		}
	}
	return 0
}

// The bound below which all but a part of the stops of the world since last time are.
func pauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/gc/pauses:seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

func pauseNs(before, after *metrics.Float64Histogram, part uint64) float64 {
	var total, n uint64
	for i := range after.Counts {
		total += after.Counts[i] - before.Counts[i]
	}
	if total == 0 {
		return 0
	}
	for i := range after.Counts {
		n += after.Counts[i] - before.Counts[i]
		if n >= total-total/part {
			return after.Buckets[i+1] * 1e9
		}
	}
	return 0
}

func copyOf(h *metrics.Float64Histogram) *metrics.Float64Histogram {
	return &metrics.Float64Histogram{
		Counts:  append([]uint64(nil), h.Counts...),
		Buckets: h.Buckets,
	}
}

func main() {
	scattered := len(os.Args) == 5 && os.Args[4] == "scattered"
	if len(os.Args) != 4 && !scattered {
		usage()
	}
	megabytes, threads, ms := number(1), number(2), number(3)
	mutators := make([]*mutator, threads)
	nodes := megabytes << 20 / 64 / threads
	for i := range mutators {
		mutators[i] = &mutator{random: uint32(4141 + i)}
		if !scattered {
			build(&mutators[i].root, nodes)
			continue
		}
		for j := uint64(0); j < nodes; j++ {
			mutators[i].insert()
		}
	}
	debug.SetGCPercent(-1)
	runtime.GC()
	begin := time.Now()
	for i := 0; i < collections; i++ {
		runtime.GC()
	}
	cycle := time.Since(begin) / collections
	debug.SetGCPercent(percent)
	var statsBefore, statsAfter runtime.MemStats
	runtime.ReadMemStats(&statsBefore)
	before := copyOf(pauses())
	var wait sync.WaitGroup
	for _, m := range mutators {
		wait.Add(1)
		go func(m *mutator) {
			defer wait.Done()
			m.mutate()
		}(m)
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	stop.Store(true)
	wait.Wait()
	after := copyOf(pauses())
	runtime.ReadMemStats(&statsAfter)
	var ops, long uint64
	var most time.Duration
	for _, m := range mutators {
		ops += m.ops
		long += m.long
		if m.max > most {
			most = m.max
		}
	}
	fmt.Printf("backend go\nmegabytes %d\nthreads %d\nms %d\n", megabytes, threads, ms)
	if scattered {
		fmt.Printf("scattered 1\n")
	}
	fmt.Printf("marked_bytes %d\ncycle_ns %d\n", nodes*threads*64, cycle.Nanoseconds())
	fmt.Printf("ops %d\n", ops)
	for _, q := range []struct {
		name string
		part uint64
	}{{"op_p50_ns", 2}, {"op_p99_ns", 100}, {"op_p999_ns", 1000}, {"op_p99999_ns", 100000}} {
		fmt.Printf("%s %d\n", q.name, quantile(mutators, ops-ops/q.part))
	}
	fmt.Printf("op_max_ns %d\nops_over_100us %d\n", most.Nanoseconds(), long)
	fmt.Printf("cycles %d\n", statsAfter.NumGC-statsBefore.NumGC)
	fmt.Printf("pause_p50_ns %.0f\npause_p99_ns %.0f\npause_max_ns %.0f\n",
		pauseNs(before, after, 2), pauseNs(before, after, 100),
		pauseNs(before, after, 1<<62))
	runtime.KeepAlive(mutators)
}
