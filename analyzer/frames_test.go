package analyzer_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/flow"
)

const sane = `
flow 192.0.2.10:50000 > 198.51.100.20:443 client.isn=77000 server.isn=99000
0.000 C SYN
0.030 S SYN,ACK
0.031 C ACK
`

const resetAfterData = `
flow 192.0.2.10:51000 > 198.51.100.20:443
0.000 C SYN
0.030 S SYN,ACK
0.031 C ACK
0.100 C PSH,ACK len=100
0.130 S ACK
0.140 C PSH,ACK len=100
0.170 S ACK
0.200 S RST
0.300 C ACK
0.310 C ACK
0.320 C ACK
`

// citesResets reports every reset, and makes the slip of citing no packet at all.
var citesResets = &analyzer.Rule{
	ID: "cites", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.RSTInjection, Family: analyzer.FamilyTTL, Needs: flow.NeedRST,
	OnFlow: func(p *analyzer.Pass, f *flow.Flow) {
		for i := range f.Packets {
			if k := &f.Packets[i]; k.Flags.Any(flow.RST) {
				p.Report(analyzer.Proof, "frame %d", k.Frame).Explains(k).Cite(k, analyzer.Forged, "tcp.flags.reset", 1, 0).Cite(&flow.Packet{}, analyzer.Context, "ip.ttl", 0, 0)
			}
		}
	},
}

func capture(t *testing.T, script string) []byte {
	t.Helper()
	s, err := analyzertest.ParsePkt("x", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	return captures[0].Bytes
}

// zipped makes an archive whose members all have the same name.
func zipped(t *testing.T, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create("x.pcap")
		if err == nil {
			_, err = w.Write(m)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func input(name string, b []byte) analyzer.Input {
	return analyzer.Input{Name: name, Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}
}

func analyze(t *testing.T, inputs ...analyzer.Input) *analyzer.Case {
	t.Helper()
	c, err := analyzer.Analyze(context.Background(), "test", inputs, []*analyzer.Rule{citesResets}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(ctx context.Context, c *analyzer.Case, inputs ...analyzer.Input) (got []string, err error) {
	err = c.ReadFrames(ctx, inputs, func(f *analyzer.Frame) error {
		got = append(got, fmt.Sprintf("%d/%d:%d+%d", f.Capture, f.Number, f.Headers, len(f.Data)-f.Headers))
		return nil
	})
	return got, err
}

// TestReadFrames fetches what shows a finding: the handshake, the reset, and two packets on either side, in both captures of the connection,
// although one has another clock and nothing cited, and lies in an archive behind a member of the same name.
func TestReadFrames(t *testing.T) {
	clean, bad := capture(t, sane), capture(t, resetAfterData)
	other := capture(t, strings.Replace(resetAfterData, "0.200 S RST\n", "", 1))
	inputs := []analyzer.Input{input("clean.pcap", clean), input("t.zip", zipped(t, clean, bad)), input("note.txt", []byte("see there")), input("other.pcap", other)}
	c := analyze(t, inputs...)
	got, err := read(context.Background(), c, inputs...)
	want := []string{"2/1:58+0", "2/2:58+0", "2/6:54+100", "2/7:54+0", "2/8:54+0", "2/9:54+0", "2/10:54+0", "3/1:58+0", "3/2:58+0", "3/6:54+100", "3/7:54+0", "3/8:54+0", "3/9:54+0", "3/10:54+0"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}

	for name, in := range map[string]analyzer.Input{
		"shorter":         input("t.zip", zipped(t, clean, bad[:len(bad)-300])),
		"another order":   input("t.zip", zipped(t, bad, clean)),
		"something else":  input("t.zip", []byte("no zip")),
		"renamed":         input("u.zip", zipped(t, clean, bad)),
		"other times":     input("t.zip", zipped(t, clean, capture(t, strings.ReplaceAll(resetAfterData, "0.030", "0.029")))),
		"a stream":        {Name: "t.zip", Size: -1, Reader: strings.NewReader("")},
		"nothing in here": input("t.zip", nil),
	} {
		again := slices.Clone(inputs)
		again[1] = in
		got, err := read(context.Background(), c, again...)
		if err == nil {
			t.Errorf("%s: no error, frames %v", name, got)
		}
		if name == "a stream" && !errors.Is(err, analyzer.ErrReadOnce) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := read(context.Background(), c, inputs[0]); err == nil {
		t.Error("no error for too few inputs")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := read(ctx, c, inputs...); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	full := errors.New("disk full")
	if err := c.ReadFrames(context.Background(), inputs, func(*analyzer.Frame) error { return full }); !errors.Is(err, full) {
		t.Errorf("the visitor's error became %v", err)
	}
}

// TestReadFramesUnderLimits reads a file again that a limit had cut: as a whole it is no capture.
func TestReadFramesUnderLimits(t *testing.T) {
	var erf []byte
	for b := capture(t, resetAfterData)[24:]; len(b) > 0; { // records of pcap become those of Endace: time, type, flags, length, loss, length on the wire
		frame := b[16:][:binary.LittleEndian.Uint32(b[8:])]
		r := binary.LittleEndian.AppendUint64(nil, uint64(binary.LittleEndian.Uint32(b))<<32|uint64(binary.LittleEndian.Uint32(b[4:]))<<32/1e9)
		r = binary.BigEndian.AppendUint16(append(r, 2, 4), uint16(18+len(frame)))
		r = binary.BigEndian.AppendUint16(append(r, 0, 0), uint16(len(frame)))
		erf = append(append(append(erf, r...), 0, 0), frame...)
		b = b[16+len(frame):]
	}
	inputs := []analyzer.Input{input("note.txt", []byte("see there")), input("a.erf", append(slices.Clone(erf), make([]byte, 64)...))}
	limits := analyzer.Limits{MaxBytes: int64(9 + len(erf))}
	c, err := analyzer.Analyze(context.Background(), "test", inputs, []*analyzer.Rule{citesResets}, &analyzer.Options{Limits: limits})
	if err != nil || len(c.Frames) == 0 {
		t.Fatalf("%v, %d frames", err, len(c.Frames))
	}
	if got, err := read(context.Background(), c, inputs...); err != nil || len(got) != len(c.Frames) {
		t.Errorf("%d of %d frames: %v", len(got), len(c.Frames), err)
	}
}

// TestCleanCaseNeedsNoProof holds for remarks on the whole ticket too.
func TestCleanCaseNeedsNoProof(t *testing.T) {
	remark := &analyzer.Rule{
		ID: "remarks", Title: "t", Doc: "d", Next: "n", Innocent: []string{"i"}, Cause: analyzer.CauseNone, Family: analyzer.FamilyContext,
		OnCase: func(p *analyzer.Pass, c *analyzer.Case) {
			p.Report(analyzer.Note, "x").Cite(&flow.Packet{Frame: 1}, analyzer.Context, "ip.ttl", 1, 1)
		},
	}
	c, err := analyzer.Analyze(context.Background(), "test", []analyzer.Input{input("a.pcap", capture(t, sane))}, []*analyzer.Rule{remark}, nil)
	if err != nil || len(c.Findings) != 1 {
		t.Fatalf("%d findings, %v", len(c.Findings), err)
	}
	if len(c.Frames) > 0 {
		t.Errorf("frames %v", c.Frames)
	}
}

// TestMostFrames leaves neighbours out before what is cited.
func TestMostFrames(t *testing.T) {
	var b strings.Builder
	b.WriteString(sane)
	const resets = analyzer.MostFrames - 100
	for i := range resets {
		fmt.Fprintf(&b, "%.3f S RST seq=%d\n%.3f C ACK\n", 1+float64(i)/100, i*7, 1.005+float64(i)/100)
	}
	c := analyze(t, input("a.pcap", capture(t, b.String())))
	cited := 0
	for _, r := range c.Frames {
		if r.Number > 3 && r.Number%2 == 0 {
			cited++
		}
	}
	if len(c.Frames) != analyzer.MostFrames || cited != resets || c.FramesLeft != 3+2*resets-analyzer.MostFrames {
		t.Errorf("%d frames, %d cited, %d left out of %d", len(c.Frames), cited, c.FramesLeft, 3+2*resets)
	}
}
