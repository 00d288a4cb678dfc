package samples

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// ring cuts a recording into five files, as tcpdump -G names them.
func (r *recording) ring(name string) []file {
	const files = 5
	var all []file
	for k := range files {
		part := &recording{link: r.link, records: r.records[k*len(r.records)/files : (k+1)*len(r.records)/files]}
		if len(part.records) > 0 {
			all = append(all, file{fmt.Sprintf("%s_%s.pcap", name, part.records[0].at.UTC().Format("20060102150405.000000000")), part.pcap()})
		}
	}
	return all
}

// translated gives a recording in which one IPv4 address is another, wherever it stands, in quotes of ICMP errors too.
func (r *recording) translated(from, to flow.Endpoint) *recording {
	m := &recording{link: r.link}
	for _, p := range r.records {
		data := bytes.ReplaceAll(slices.Clone(p.data), from.IP[12:], to.IP[12:])
		m.records = append(m.records, record{p.at, data, p.len})
	}
	return m
}

// TestTranslated: the server's own capture knows it, or its clients, by other addresses than the client's does. Each connection keeps its verdict.
func TestTranslated(t *testing.T) {
	other := flow.Endpoint{V4: true}
	copy(other.IP[10:], []byte{0xff, 0xff, 10, 99, 98, 97})
	for _, path := range twoEndTickets(t) {
		c := analyze(t, path)
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			ends := recordings(t, c, path)
			first, second := c.Captures[0], c.Captures[1]
			one := file{"one.pcap", ends[0].pcap()}
			want := inCapture(together(t, one, file{"other.pcap", ends[1].pcap()}), 0)
			for _, side := range []flow.Side{flow.Client, flow.Server} {
				address, ok := busiest(c, second, side)
				if !ok {
					continue // no IPv4
				}
				got := inCapture(together(t, one, file{"other.pcap", ends[1].translated(address, other).pcap()}), 0)
				if !slices.Equal(got, want) {
					t.Errorf("%s of %s renamed in %s: %s", side, first.Name(), second.Name(), different(got, want))
				}
			}
		})
	}
}

// busiest gives the address of a side that most connections of a capture have, without its port.
func busiest(c *analyzer.Case, at *analyzer.Capture, side flow.Side) (flow.Endpoint, bool) {
	count := make(map[flow.Endpoint]int)
	var best flow.Endpoint
	for _, f := range c.Flows {
		for i := range f.Seen {
			if s := &f.Seen[i]; s.Capture == at.Index && s.Half[side].V4 {
				e := s.Half[side].Endpoint
				e.Port = 0
				if count[e]++; count[e] > count[best] {
					best = e
				}
			}
		}
	}
	return best, count[best] > 0
}

// inCapture gives the connections of one capture, by the names that they have there, and their verdicts.
func inCapture(c *analyzer.Case, capture int) []string {
	var all []string
	for _, f := range c.Flows {
		for i := range f.Seen {
			if s := &f.Seen[i]; s.Capture == capture {
				all = append(all, fmt.Sprintf("%v-%v/%d %s %s", s.Half[flow.Client].Endpoint, s.Half[flow.Server].Endpoint, s.FirstFrame, f.Class, f.Cause))
			}
		}
	}
	slices.Sort(all)
	return all
}
