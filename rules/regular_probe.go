package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

var _ = register(&analyzer.Rule{
	ID:    "regular-probe",
	Title: "A monitor connects at regular times, and resets at once",
	Doc: "Load balancers and monitors see every few seconds whether a port still answers: they connect, say nothing, and reset. Whatever their address, they are known by their clock, and the reset is how the check ends " +
		"when it has gone well.",
	Cause:  analyzer.HealthCheck,
	Family: analyzer.FamilyContext,
	Innocent: []string{
		"A program that tries again at regular times, and breaks off each time.",
	},
	Next:   "Leave it out of the count of failures, and filter the prober's address out of the capture.",
	Refs:   []string{"HAProxy manual: option tcp-check", "Linux Virtual Server: TCP_CHECK of keepalived"},
	Needs:  flow.NeedRST,
	OnFlow: keepProbe,
	OnCase: regularProbe,
})

const (
	// leastBeats make a rhythm: four equal intervals.
	leastBeats = 5
	// What a prober's clock is set to: load balancers offer one second to five minutes.
	shortestRhythm, longestRhythm = int64(time.Second), int64(5 * time.Minute)
	// offBeat is how much of an interval a timer of a busy program may be late.
	offBeat = 0.1
)

// probe is a connection without data that its client reset as soon as it was open.
type probe struct {
	opened int64 // time of the SYN
	reset  flow.Packet
	between
}

func keepProbe(pass *analyzer.Pass, f *flow.Flow) {
	c, s := &f.Half[flow.Client], &f.Half[flow.Server]
	p := firstReset(pass, f)
	if p == nil || p.Side != flow.Client || !c.SeenSYN || s.SYNs == 0 || c.Bytes > 0 || s.Bytes > 0 {
		return
	}
	if i := indexOf(f, p); p.Seq != highest(f, i, flow.Client) || !sameDistance(f, p) || p.Time-f.First > max(2*checkedWithin*(f.HandshakeRTT+f.ClientRTT), reorderGuard) {
		return
	}
	pass.Keep(probe{f.First, *p, betweenOf(pass.Capture.Index, &f.Summary)})
}

func regularProbe(pass *analyzer.Pass, _ *analyzer.Case) {
	order, series := factsBy(pass.Facts(), func(k analyzer.Fact) between { return k.Value.(probe).between })
	for _, at := range order {
		probes := series[at]
		slices.SortStableFunc(probes, func(x, y analyzer.Fact) int {
			return cmp.Compare(x.Value.(probe).opened, y.Value.(probe).opened)
		})
		every, ok := rhythm(probes)
		if !ok {
			continue
		}
		for i, k := range probes {
			p := k.Value.(probe)
			other := probes[max(i-1, 0)].Value.(probe)
			if i == 0 {
				other = probes[1].Value.(probe)
			}
			pass.ReportOn(k.Conn, k.Capture, 1.2, "one of %d connections of %v to %v, %v apart, that were opened and reset at once without data; the neighbour's reset is frame %d",
				len(probes), at.client.Addr(), at.server, dur(every).Round(10*time.Millisecond), other.reset.Frame).
				Explains(&p.reset).Blames(flow.Client).
				Cite(&p.reset, analyzer.Answer, "tcp.srcport", k.Conn.Client().Port, "—").
				Cite(&other.reset, analyzer.Context, "tcp.dstport", at.server.Port, at.server.Port)
		}
	}
}

// rhythm gives the interval of connections that come at regular times; some may be missing, as only those count that ended in a reset.
func rhythm(probes []analyzer.Fact) (every int64, ok bool) {
	if len(probes) < leastBeats {
		return 0, false
	}
	var gaps []int64
	for i := range probes[1:] {
		gaps = append(gaps, probes[i+1].Value.(probe).opened-probes[i].Value.(probe).opened)
	}
	sorted := slices.Sorted(slices.Values(gaps))
	every = sorted[len(sorted)/2]
	if every < shortestRhythm || every > longestRhythm {
		return 0, false
	}
	for _, g := range gaps {
		beats := max(1, (g+every/2)/every)
		if late := float64(g - beats*every); late > offBeat*float64(every) || late < -offBeat*float64(every) {
			return 0, false
		}
	}
	return every, true
}
