package samples

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/rules"
)

// record is a captured frame.
type record struct {
	at   time.Time
	data []byte
	len  int
}

// recording is a capture taken apart, to be changed and put together again.
type recording struct {
	link    layers.LinkType
	records []record
}

// recordings gives the captures of a ticket by the order of its members.
func recordings(t *testing.T, c *analyzer.Case, path string) []*recording {
	t.Helper()
	var all []*recording
	for _, k := range c.Captures {
		b := memberWithHash(t, path, k.Member.SHA256)
		all = append(all, takeApart(t, gunzip(t, b)))
	}
	return all
}

func takeApart(t *testing.T, b []byte) *recording {
	t.Helper()
	rec := &recording{}
	var read func() ([]byte, gopacket.CaptureInfo, error)
	if bytes.HasPrefix(b, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		rec.link, read = r.LinkType(), r.ReadPacketData
	} else {
		r, err := pcapgo.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		rec.link, read = r.LinkType(), r.ReadPacketData
	}
	for {
		data, info, err := read()
		if err == io.EOF {
			return rec
		}
		if err != nil {
			t.Fatal(err)
		}
		rec.records = append(rec.records, record{info.Timestamp, data, info.Length})
	}
}

// pcap writes a recording as a pcap file with nanoseconds, in the byte order of other computers.
func (r *recording) pcap() []byte {
	b := binary.BigEndian.AppendUint32(nil, 0xa1b23c4d)
	b = binary.BigEndian.AppendUint32(b, 2<<16|4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, 262144)
	b = binary.BigEndian.AppendUint32(b, uint32(r.link))
	for _, p := range r.records {
		for _, n := range []uint32{uint32(p.at.Unix()), uint32(p.at.Nanosecond()), uint32(len(p.data)), uint32(p.len)} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		b = append(b, p.data...)
	}
	return b
}

// pcapng writes it as pcapng.
func (r *recording) pcapng(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, r.link)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.records {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: p.at, CaptureLength: len(p.data), Length: p.len}, p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// moved gives a recording with its times changed.
func (r *recording) moved(at func(time.Time) time.Time) *recording {
	m := &recording{link: r.link}
	for _, p := range r.records {
		m.records = append(m.records, record{at(p.at), p.data, p.len})
	}
	return m
}

// verdicts gives what becomes of each connection, one a line, by the addresses of every capture that holds it.
func verdicts(t *testing.T, captures ...[]byte) []string {
	t.Helper()
	var files []file
	for i, b := range captures {
		files = append(files, file{fmt.Sprintf("%d.pcap", i), b})
	}
	return verdictsOf(t, files...)
}

type file struct {
	name string
	body []byte
}

func together(t *testing.T, files ...file) *analyzer.Case {
	t.Helper()
	var inputs []analyzer.Input
	for _, f := range files {
		inputs = append(inputs, analyzer.Input{Name: f.name, Size: int64(len(f.body)), ReaderAt: bytes.NewReader(f.body)})
	}
	c, err := analyzer.Analyze(context.Background(), "ticket", inputs, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verdictsOf(t *testing.T, files ...file) []string {
	t.Helper()
	c := together(t, files...)
	var all []string
	for _, f := range c.Flows {
		var names []string
		for i := range f.Seen {
			s := &f.Seen[i]
			names = append(names, fmt.Sprintf("%v-%v/%d", s.Half[flow.Client].Endpoint, s.Half[flow.Server].Endpoint, s.FirstFrame))
		}
		slices.Sort(names)
		all = append(all, fmt.Sprint(names, " ", f.Class, " ", f.Cause))
	}
	slices.Sort(all)
	return all
}

// TestTwoEnds changes tickets with two captures in ways that must change no verdict: order and names of the files, their format, and how the
// clock of one end goes.
func TestTwoEnds(t *testing.T) {
	ahead := func(d time.Duration) func(time.Time) time.Time {
		return func(at time.Time) time.Time { return at.Add(d) }
	}
	for _, path := range twoEndTickets(t) {
		c := analyze(t, path)
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			ends := recordings(t, c, path)
			a, b := ends[0], ends[1]
			want := verdicts(t, a.pcap(), b.pcap())
			began := b.records[0].at
			for _, k := range []struct {
				name string
				got  func() []string
			}{
				{"swapped", func() []string { return verdicts(t, b.pcap(), a.pcap()) }},
				{"as pcapng", func() []string { return verdicts(t, a.pcapng(t), b.pcapng(t)) }},
				{"compressed", func() []string { return verdicts(t, zipped(t, a.pcap()), b.pcap()) }},
				{"a second ahead", func() []string { return verdicts(t, a.pcap(), b.moved(ahead(time.Second)).pcap()) }},
				{"an hour behind", func() []string { return verdicts(t, a.moved(ahead(-time.Hour)).pcap(), b.pcap()) }},
				{"a year ahead", func() []string { return verdicts(t, a.pcap(), b.moved(ahead(365*24*time.Hour)).pcap()) }},
				{"one end in files of a ring", func() []string { return verdictsOf(t, append(a.ring("client"), file{"server.pcap", b.pcap()})...) }},
				{"both ends in files of a ring", func() []string { return verdictsOf(t, append(b.ring("server"), a.ring("client")...)...) }},
				{"200 ppm fast", func() []string {
					return verdicts(t, a.pcap(), b.moved(func(at time.Time) time.Time { return at.Add(at.Sub(began) / 5000) }).pcap())
				}},
			} {
				if got := k.got(); !slices.Equal(got, want) {
					t.Errorf("%s: %s", k.name, different(got, want))
				}
			}
			// One end less may leave doubt. It must never turn what a host did into what a device did.
			for i, end := range ends {
				for _, v := range accusedOf(verdicts(t, end.pcap())) {
					if place := namesOf(v); slices.ContainsFunc(want, func(w string) bool { return strings.Contains(w, place) && !slices.Contains(accusedOf([]string{w}), w) }) {
						t.Errorf("capture %d alone: %s, by both ends it is not accused", i, v)
					}
				}
			}
		})
	}
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// different names the first line in which two lists differ.
func different(got, want []string) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i, at(got, i), at(want, i))
		}
	}
	return "equal"
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// accusedOf keeps the lines that accuse a device.
func accusedOf(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(s string) bool { return !strings.Contains(s, " "+string(analyzer.Middlebox)+" ") })
}

// namesOf gives the names of the one capture in a line, without brackets.
func namesOf(line string) string {
	name, _, _ := strings.Cut(line, "]")
	return strings.TrimPrefix(name, "[")
}

// twoEndTickets gives the tickets with two captures: the samples, and those of a folder that the environment names.
func twoEndTickets(t *testing.T) []string {
	t.Helper()
	all := tickets(t)
	if more := os.Getenv("CAPFORENSICS_TICKETS"); more != "" { // a folder with more of them
		found, err := filepath.Glob(filepath.Join(more, "*", "ticket.zip"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no tickets in %s: %v", more, err)
		}
		all = append(all, found...)
	}
	return slices.DeleteFunc(all, func(path string) bool { return len(analyze(t, path).Captures) != 2 })
}
