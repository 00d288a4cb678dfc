package flowtab

import (
	"errors"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Summaries calls visit with every flow's summary, in an order that stays the same, valid during the call, until it returns false.
func (t *Table) Summaries(visit func(*flow.Summary) bool) error {
	return t.flows.each(func(run []flow.Summary) bool {
		for i := range run {
			if !visit(&run[i]) {
				return false
			}
		}
		return true
	})
}

// Summary reads the summary that Summaries visits as number i, counted from 0.
func (t *Table) Summary(i uint32) (*flow.Summary, error) {
	s := new(flow.Summary)
	return s, t.flows.item(int64(i), s)
}

// FlowCount gives the number of flows; their IDs are below it.
func (t *Table) FlowCount() uint32 { return t.nextID }

// MaxPackets is how many packets of one flow are gathered at most. Beyond it the first and the last half are kept, and between
// them every SYN, FIN, RST and ICMP error.
const MaxPackets = 100_000

// Load gathers the flows with the given summaries and all their packets: one pass over the log.
func (t *Table) Load(summaries []flow.Summary) ([]*flow.Flow, error) {
	if len(summaries) == 0 {
		return nil, nil
	}
	flows := make([]*flow.Flow, len(summaries))
	at := make([]int32, t.nextID) // flow number to index+1
	total := 0
	for i := range summaries {
		flows[i] = &flow.Flow{Summary: summaries[i], Senders: t.Senders, Names: t.Names()}
		at[summaries[i].ID] = int32(i) + 1
		total += Gathered(&summaries[i])
	}
	room := make([]flow.Packet, 0, total)
	for i, f := range flows {
		n := Gathered(&summaries[i])
		f.Packets = room[len(room) : len(room) : len(room)+n]
		room = room[:len(room)+n]
	}
	seen := make([]uint64, len(flows))
	err := t.packets.each(func(run []flow.Packet) bool {
		for i := range run {
			j := at[run[i].Flow]
			if j == 0 {
				continue
			}
			f := flows[j-1]
			gather(f, &run[i], seen[j-1])
			seen[j-1]++
		}
		return true
	})
	for i, f := range flows {
		f.Omitted = seen[i] - uint64(len(f.Packets))
	}
	return flows, errors.Join(err, t.loadMessages(flows, at))
}

// MaxMessages is how many messages of one flow are gathered at most: the first ones.
const MaxMessages = 10_000

// loadMessages gathers what the payloads of flows say; at gives the index plus one by flow number.
func (t *Table) loadMessages(flows []*flow.Flow, at []int32) error {
	wanted := false
	for _, f := range flows {
		wanted = wanted || f.Said > 0
	}
	if !wanted {
		return nil
	}
	return t.said.each(func(run []flow.Message) bool {
		for i := range run {
			j := at[run[i].Flow]
			if j == 0 {
				continue
			}
			if f := flows[j-1]; len(f.Messages) < MaxMessages {
				f.Messages = append(f.Messages, run[i])
			} else {
				f.Unheard++
			}
		}
		return true
	})
}

// Gathered gives how many packets of a flow Load keeps, at most.
func Gathered(s *flow.Summary) int {
	return int(min(packets(s), MaxPackets))
}

func packets(s *flow.Summary) uint64 {
	return s.Half[flow.Client].Packets + s.Half[flow.Server].Packets + uint64(s.ICMPErrors)
}

// PacketCost is the memory that a gathered packet takes, bytes.
const PacketCost = 48

func gather(f *flow.Flow, p *flow.Packet, nth uint64) {
	n := packets(&f.Summary)
	if n <= MaxPackets || nth < MaxPackets/2 || nth >= n-MaxPackets/2+middleRoom {
		if len(f.Packets) < cap(f.Packets) {
			f.Packets = append(f.Packets, *p)
		}
		return
	}
	if (p.Flags.Any(flow.SYN|flow.FIN|flow.RST) || !p.IsTCP()) && len(f.Packets) < MaxPackets/2+middleRoom {
		f.Packets = append(f.Packets, *p)
	}
}

// middleRoom is how many notable packets between the two halves are kept.
const middleRoom = 10_000
