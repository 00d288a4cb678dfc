package flow

// IPIDPolicy is how a sender fills the IPv4 identification field (RFC 6864 leaves it free for atomic datagrams).
type IPIDPolicy uint8

// The policies that can be told apart from outside.
const (
	IPIDUnknown IPIDPolicy = iota // too few packets, or IPv6
	IPIDZero                      // always 0
	IPIDConst                     // always the same, not 0
	IPIDFlow                      // a counter of this flow: +1 for each packet on the wire
	IPIDSwapped                   // such a counter in the other byte order
	IPIDHost                      // a counter that the host shares among its flows
	IPIDRandom                    // no order
	IPIDMixed                     // none of these; a farm of hosts, or several policies
)

var ipidPolicyNames = [...]string{"unknown", "zero", "constant", "per-flow counter", "byte-swapped counter", "per-host counter", "random", "mixed"}

// String names the policy.
func (p IPIDPolicy) String() string { return ipidPolicyNames[p] }

// Counts says that the field is a counter, so that the next value can be predicted.
func (p IPIDPolicy) Counts() bool { return p == IPIDFlow || p == IPIDSwapped || p == IPIDHost }

// IPIDTally follows the IPv4 identification of a sender from packet to packet. SYN, SYN/ACK, RST, fragments, duplicates and a
// lone 0 are left out: kernels fill those from elsewhere.
type IPIDTally struct {
	N        uint32 // packets counted
	Zeros    uint32
	Same     uint32 // steps of 0
	Small    uint32 // steps within what the packets on the wire explain
	SmallSw  uint32 // likewise after swapping the two bytes
	Near     uint32 // steps of 1 to 64 ([maxHostStep]): a counter shared with other traffic
	Far      uint32 // steps beyond a quarter of the space, either way
	Last     uint16
	started  bool
	LastWire uint16 // packets on the wire that the last one stood for (segmentation offload)
}

// Bounds of a step. Capture loss inflates a step, so a few more than expected are still a step of the counter.
const (
	lossBudget  = 8
	maxHostStep = 64
	farStep     = 8192
)

// Add counts one packet with identification id that stood for wire packets on the wire (1 without segmentation offload).
func (t *IPIDTally) Add(id uint16, wire uint16) {
	t.N++
	if id == 0 {
		t.Zeros++
	}
	if t.started {
		expected := max(t.LastWire, 1)
		d := id - t.Last
		sw := swap16(id) - swap16(t.Last)
		switch {
		case d == 0:
			t.Same++
		case d <= expected+lossBudget:
			t.Small++
		}
		if sw >= 1 && sw <= expected+lossBudget {
			t.SmallSw++
		}
		if d >= 1 && d <= maxHostStep {
			t.Near++
		}
		if d > farStep && d < 1<<16-farStep {
			t.Far++
		}
	}
	t.started, t.Last, t.LastWire = true, id, wire
}

// Policy classifies what was seen. It needs at least minIPIDSamples packets.
func (t *IPIDTally) Policy() IPIDPolicy {
	if t.N < minIPIDSamples {
		return IPIDUnknown
	}
	steps := t.N - 1
	most := func(n uint32) bool { return n*10 >= steps*9 } // nine in ten: one outlier in a window of loss or reordering
	switch {
	case t.Zeros == t.N:
		return IPIDZero
	case t.Same == steps:
		return IPIDConst
	case most(t.Small):
		return IPIDFlow
	case most(t.SmallSw):
		return IPIDSwapped
	case most(t.Near):
		return IPIDHost
	case t.Far*2 >= steps:
		return IPIDRandom
	}
	return IPIDMixed
}

// minIPIDSamples is the least number of packets that show a policy: three steps, as by chance a random field makes three
// steps of at most nine with a probability below 10^-11.
const minIPIDSamples = 4

func swap16(v uint16) uint16 { return v<<8 | v>>8 }
