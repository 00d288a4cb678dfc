package rules

import (
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "keepalive-failure",
	Title: "The host asked whether the other end was alive, got no answer, and gave up",
	Doc: "A kernel that probes an idle connection sends keep-alive segments at an even distance. When none of them is answered it resets the connection, one such distance after the last probe. " +
		"The reset is the host's own and only ends what was dead already: the question is why the other end was silent.",
	Cause:  analyzer.KeepaliveFailure,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A device on the way had forgotten the idle connection and drops its packets without a word.",
		"The other host is down, was cut off from the network, or its own filter drops the probes.",
		"The path lost all the probes, or all the answers.",
	},
	Next:   "Look at the other end for the time of the first probe: was the host up, and did the probes reach it? Where a device drops idle connections, probe more often than it forgets.",
	Refs:   []string{"RFC 9293, section 3.8.4", "RFC 1122, section 4.2.3.6", "Linux: tcp(7), tcp_keepalive_probes"},
	Needs:  flow.NeedRST,
	OnFlow: keepaliveFailure,
})

const (
	// leastProbes is how many probes show a distance: two, and the reset stands at the third place.
	leastProbes = 2
	// manyProbes make a row that no other timer imitates.
	manyProbes = 3
	// unevenness is the part of their distance by which probes may be early or late: kernels' timers are exact to some hundredths, and
	// the path's jitter is small against the second that is the least distance kernels take.
	unevenness = 8
	// leastInterval is the shortest distance of probes that a kernel can be set to (Linux counts it in seconds, Windows defaults to one).
	leastInterval = int64(900 * time.Millisecond)
)

func keepaliveFailure(pass *analyzer.Pass, f *flow.Flow) {
	for i := range f.Packets {
		p := &f.Packets[i]
		if !isReset(pass, p) || !first(f, i) || passive(p) || refusal(p) {
			continue
		}
		probes := vainProbes(f, i)
		if probes == nil || !sameDistance(f, p) {
			continue
		}
		last := probes[0]
		weight := analyzer.Weight(1.5)
		if len(probes) >= manyProbes {
			weight = 2.5
		}
		found := pass.Report(weight, "%v probed the idle connection %d times, %v apart, the last time in frame %d; nobody answered, and frame %d gives the connection up",
			f.Half[p.Side].Endpoint, len(probes), dur(p.Time-last.Time), last.Frame, p.Frame).
			Explains(p).Blames(p.Side)
		for k := len(probes) - 1; k >= 0; k-- {
			found.Cite(probes[k], analyzer.Context, "tcp.time_relative", since(f, probes[k].Time), "—")
		}
		found.Cite(p, analyzer.Answer, "tcp.time_relative", since(f, p.Time), since(f, last.Time+last.Time-probes[1].Time))
	}
}

// vainProbes gives the keep-alive probes that the sender of the reset at index i had sent in a row, the last first, if the other side sent
// nothing between the first of them and the reset, and the probes and the reset stand at an even distance; else nil.
func vainProbes(f *flow.Flow, i int) []*flow.Packet {
	reset := &f.Packets[i]
	var probes []*flow.Packet
	for k := i - 1; k >= 0; k-- {
		p := &f.Packets[k]
		if !p.IsTCP() || p.Marks.Has(flow.Duplicate) {
			continue
		}
		if p.Side != reset.Side || !p.Marks.Has(flow.KeepAlive) {
			break
		}
		probes = append(probes, p)
	}
	if len(probes) < leastProbes {
		return nil
	}
	step := reset.Time - probes[0].Time
	if step < leastInterval {
		return nil
	}
	for k := range probes[1:] {
		if off := probes[k].Time - probes[k+1].Time - step; off > step/unevenness || off < -step/unevenness {
			if k+1 < leastProbes {
				return nil
			}
			return probes[:k+1] // before it another timer ran
		}
	}
	return probes
}
