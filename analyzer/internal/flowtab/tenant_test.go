package flowtab

import (
	"cmp"
	"slices"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// Tenants as wire makes them: networks have their highest bit set.
const (
	network7 = wire.Tenant(1<<63 | 7)
	network8 = wire.Tenant(1<<63 | 8)
	label1   = wire.Tenant(101)
	label2   = wire.Tenant(102)
	label3   = wire.Tenant(103)
	label4   = wire.Tenant(104)
)

func in(t wire.Tenant) func(*wire.Segment) { return func(s *wire.Segment) { s.Tenant = t } }

func withIPID(id uint16) func(*wire.Segment) { return func(s *wire.Segment) { s.IPID = id } }

// stamped gives a segment timestamps.
func stamped(v byte) func(*wire.Segment) {
	return func(s *wire.Segment) { s.Options = []byte{1, 1, 8, 10, 0, 0, 1, v, 0, 0, 0, 1} }
}

// exchange opens a connection and asks and answers once; there and back are the tenants of the two directions.
func (k *talk) exchange(there, back wire.Tenant) {
	k.send(ms, true, synFlag, 1000, 0, 0, in(there), withIPID(1))
	k.send(ms, false, synFlag|ackFlag, 5000, 1001, 0, in(back), withIPID(1))
	k.send(ms, true, ackFlag, 1001, 5001, 0, in(there), withIPID(1))
	k.send(ms, true, dataFlag, 1001, 5001, 100, in(there), withIPID(1))
	k.send(ms, false, dataFlag, 5001, 1101, 100, in(back), withIPID(1))
}

// inOrder gives the flows in the order of their first packets.
func (k *talk) inOrder(tb testing.TB) []*flow.Flow {
	tb.Helper()
	return slices.SortedFunc(slices.Values(k.flows(tb)), func(a, b *flow.Flow) int { return cmp.Compare(a.ID, b.ID) })
}

func TestTenants(t *testing.T) {
	for _, c := range []struct {
		name string
		talk func(*talk)
		want []uint64 // packets of each flow, both sides
		dups uint64
	}{
		{"one network", func(k *talk) { k.exchange(network7, network7) }, []uint64{5}, 0},
		{"two networks that are alike in all", func(k *talk) { k.exchange(network7, network7); k.exchange(network8, network8) }, []uint64{5, 5}, 0},
		{"two networks, packet by packet", func(k *talk) {
			for _, n := range []wire.Tenant{network7, network8} {
				k.send(0, true, synFlag, 1000, 0, 0, in(n), withIPID(1))
			}
			for _, n := range []wire.Tenant{network7, network8} {
				k.send(0, false, synFlag|ackFlag, 5000, 1001, 0, in(n), withIPID(1))
			}
			for _, n := range []wire.Tenant{network8, network7} {
				k.send(0, true, rstFlag, 1001, 0, 0, in(n), withIPID(1))
			}
		}, []uint64{3, 3}, 0},
		{"an overlay and the network beneath", func(k *talk) { k.exchange(0, 0); k.now += 1e9; k.exchange(network7, network7) }, []uint64{5, 5}, 0},
		{"labels of two directions", func(k *talk) { k.exchange(label1, label2) }, []uint64{5}, 0},
		{"a label in one direction", func(k *talk) { k.exchange(label1, 0) }, []uint64{5}, 0},
		{"a label in the other direction", func(k *talk) { k.exchange(0, label1) }, []uint64{5}, 0},
		{"labels of two customers", func(k *talk) { k.exchange(label1, label2); k.exchange(label3, label4) }, []uint64{5, 5}, 0},
		{"two networks of one routed connection", func(k *talk) { k.exchange(network7, network8) }, []uint64{5}, 0},
		{"answer of another network's connection", func(k *talk) {
			k.send(ms, true, synFlag, 1000, 0, 0, in(network7))
			k.send(ms, false, synFlag|ackFlag, 5000, 90001, 0, in(network8))
		}, []uint64{1, 1}, 0},
		{"inside and outside of a tunnel", func(k *talk) {
			for _, n := range []wire.Tenant{0, network7} {
				k.send(1000, true, synFlag, 1000, 0, 0, in(n), withIPID(1))
			}
			for _, n := range []wire.Tenant{network7, 0} {
				k.send(1000, false, synFlag|ackFlag, 5000, 1001, 0, in(n), withIPID(2))
			}
			k.send(ms, true, ackFlag, 1001, 5001, 0, in(network7))
		}, []uint64{5}, 2},
		{"a label that is swapped", func(k *talk) {
			k.send(1000, true, synFlag, 1000, 0, 0, in(label1), withIPID(1), stamped(1))
			k.send(1000, true, synFlag, 1000, 0, 0, in(label2), withIPID(1), stamped(1))
		}, []uint64{2}, 1},
		{"a tunnel end point that changes", func(k *talk) {
			k.send(ms, true, dataFlag, 1000, 5000, 100, in(label1), stamped(1))
			k.send(ms, false, dataFlag, 5000, 1100, 100, in(label2), stamped(1))
			k.send(ms, true, dataFlag, 1100, 5100, 100, in(label3), stamped(9))
		}, []uint64{3}, 0},
		{"a connection that leaves its tunnel", func(k *talk) {
			k.exchange(label1, label1)
			k.send(ms, true, dataFlag, 1101, 5101, 100)
		}, []uint64{6}, 0},
		{"one direction of a connection that leaves its tunnel", func(k *talk) {
			k.send(ms, true, dataFlag, 1000, 5000, 1, in(label1))
			k.send(ms, true, dataFlag, 1001, 5000, 1)
		}, []uint64{2}, 0},
		{"the same numbers without timestamps", func(k *talk) {
			k.send(ms, true, dataFlag, 1000, 5000, 100, in(label1))
			k.send(ms, false, dataFlag, 5000, 1100, 100, in(label2))
			k.send(ms, true, dataFlag, 1100, 5100, 100, in(label3))
		}, []uint64{2, 1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			c.talk(k)
			flows := k.inOrder(t)
			if len(flows) != len(c.want) {
				t.Fatalf("%d flows, want %d", len(flows), len(c.want))
			}
			for i, f := range flows {
				if n := f.Half[0].Packets + f.Half[1].Packets; n != c.want[i] {
					t.Errorf("flow %d has %d packets, want %d", i, n, c.want[i])
				}
			}
			if k.t.Counts.Duplicates != c.dups {
				t.Errorf("%d duplicates, want %d", k.t.Counts.Duplicates, c.dups)
			}
		})
	}
}

// TestHostsOfTenants: one address in two networks is two hosts, with a counter of IP identifications each.
func TestHostsOfTenants(t *testing.T) {
	k := newTalk(t)
	k.exchange(network7, network7)
	k.exchange(network8, network8)
	k.now += 1e9 // or the last would be taken for copies
	k.exchange(0, 0)
	flows := k.inOrder(t)
	hosts := map[uint32]bool{}
	for _, f := range flows {
		hosts[f.Half[flow.Client].Host] = true
		hosts[f.Half[flow.Server].Host] = true
	}
	if len(flows) != 3 || len(hosts) != 6 {
		t.Errorf("%d flows of %d hosts, want 3 of 6", len(flows), len(hosts))
	}
}

// TestManyTenants: a capture made to have one address pair in thousands of networks is followed in bounded time, and what left is counted.
func TestManyTenants(t *testing.T) {
	const networks = 5000
	k := newTalk(t)
	for n := range wire.Tenant(networks) {
		k.send(ms, true, synFlag, 1000, 0, 0, in(1<<63|n))
	}
	flows := k.inOrder(t)
	if len(flows) != networks || k.t.Counts.Evicted != networks-maxSiblings {
		t.Errorf("%d flows, %d left early, want %d and %d", len(flows), k.t.Counts.Evicted, networks, networks-maxSiblings)
	}
	if k.t.live.count != 0 {
		t.Errorf("%d connections are left in the table", k.t.live.count)
	}
}

// TestICMPOfTenants: an error belongs to the connection of its own network.
func TestICMPOfTenants(t *testing.T) {
	k := newTalk(t)
	k.send(ms, true, synFlag, 1000, 0, 0, in(network7))
	k.send(ms, true, synFlag, 1000, 0, 0, in(network8))
	quote := []byte{0x45, 0, 0, 40, 0, 1, 0, 0, 60, 6, 0, 0, 192, 0, 2, 10, 198, 51, 100, 20, 0xc7, 0x38, 0x01, 0xbb, 0, 0, 3, 0xe8}
	for _, n := range []wire.Tenant{network8, label1} {
		k.send(ms, false, 0, 0, 0, 0, in(n), func(s *wire.Segment) { s.Proto, s.ICMPType, s.ICMPCode, s.Quote = 1, 3, 13, quote })
	}
	flows := k.inOrder(t)
	if len(flows) != 2 || flows[0].ICMPErrors != 0 || flows[1].ICMPErrors != 1 || k.t.Counts.StrayICMP != 1 {
		t.Errorf("%d flows, errors %d and %d, %d of no connection: want 2, 0 and 1, 1", len(flows), flows[0].ICMPErrors, flows[1].ICMPErrors, k.t.Counts.StrayICMP)
	}
}
