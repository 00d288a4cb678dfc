package report

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/capforensics/capforensics/analyzer"
)

// evidenceCase is the hostile case with a second capture of another link type, and what ReadFrames would show of both.
func evidenceCase() (*analyzer.Case, []analyzer.Frame) {
	c := hostileCase()
	c.Captures = append(c.Captures, &analyzer.Capture{Index: 1, Member: &analyzer.Member{Name: "b\x1b.pcap", Kind: analyzer.KindCapture, Role: analyzer.AtServer, SHA256: "abc"}})
	c.Findings[0].Evidence[0].Time = 1e18 + 2e6
	frames := []analyzer.Frame{
		{FrameRef: analyzer.FrameRef{Number: 2, Time: 1e18 + 1e6}, Link: 1, OrigLen: 70, Data: []byte("headers, 54 bytes of them in an ordinary TCP segment!!SECRET"), Headers: 54},
		{FrameRef: analyzer.FrameRef{Number: 3, Time: 1e18 + 2e6}, Link: 1, OrigLen: 54, Data: make([]byte, 54), Headers: 54},
		{FrameRef: analyzer.FrameRef{Number: 4, Time: 1e18 + 1.5e6}, Link: 101, OrigLen: 300, Data: make([]byte, 300)},
		{FrameRef: analyzer.FrameRef{Capture: 1, Number: 9, Time: 1e18 + 1e5}, Link: 1, OrigLen: 10, Data: make([]byte, 61)},
	}
	for _, f := range frames {
		c.Frames = append(c.Frames, f.FrameRef)
	}
	c.FramesLeft = 7
	return c, frames
}

func writeEvidence(t *testing.T, o Options) []byte {
	t.Helper()
	c, frames := evidenceCase()
	var b bytes.Buffer
	err := Evidence(&b, c, func(visit func(*analyzer.Frame) error) error {
		for _, f := range frames {
			buf := bytes.Clone(f.Data) // valid until visit returns
			f.Data = buf
			if err := visit(&f); err != nil {
				return err
			}
			clear(buf)
		}
		return nil
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readNG reads with gopacket: frame lengths and interface numbers in the order of the file.
func readNG(t *testing.T, b []byte) (r *pcapgo.NgReader, infos []gopacket.CaptureInfo) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return r, infos
		}
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, info)
	}
}

func TestEvidence(t *testing.T) {
	b := writeEvidence(t, Options{Version: "1"})
	r, infos := readNG(t, b)
	want := []struct {
		iface, captured, length int
		time                    int64
	}{{2, 61, 61, 1e18 + 1e5}, {0, 54, 70, 1e18 + 1e6}, {0, 54, 54, 1e18 + 2e6}, {1, 128, 300, 1e18 + 1.5e6}} // by time, and in a capture by number
	if len(infos) != len(want) {
		t.Fatalf("%d packets, want %d", len(infos), len(want))
	}
	for i, w := range want {
		if g := infos[i]; g.InterfaceIndex != w.iface || g.CaptureLength != w.captured || g.Length != w.length || g.Timestamp.UnixNano() != w.time {
			t.Errorf("packet %d: %+v, want %+v", i+1, g, w)
		}
	}
	for i, link := range []layers.LinkType{layers.LinkTypeEthernet, layers.LinkTypeRaw, layers.LinkTypeEthernet} {
		if got, err := r.Interface(i); err != nil || got.LinkType != link {
			t.Errorf("interface %d: %v, %v; want %v", i, got.LinkType, err, link)
		}
	}
	text := string(b)
	if strings.Contains(text, "SECRET") || strings.ContainsAny(text, "\x1b") || strings.Contains(text, "\u202e") {
		t.Error("a payload or a control character got through")
	}
	for _, s := range []string{"original frame 2 of <script>", "original frame 3 of <script>", "\nr: ", "[forged, ip.ttl: observed <script>", "expected 52]", "taken at: server",
		"7 further packets were left out", "Each interface keeps the clock", "SHA-256 abc", "SHA-256 –", "Payloads were left out"} {
		if !strings.Contains(text, s) {
			t.Errorf("no %q in it", s)
		}
	}
	if !bytes.Equal(b, writeEvidence(t, Options{Version: "1"})) {
		t.Error("the same case gave two different captures")
	}
}

func TestEvidenceWithPayload(t *testing.T) {
	b := writeEvidence(t, Options{Lang: Chinese, Payload: true})
	_, infos := readNG(t, b)
	if infos[1].CaptureLength != 60 || infos[3].CaptureLength != 300 || !bytes.Contains(b, []byte("SECRET")) {
		t.Errorf("payloads are cut: %+v", infos)
	}
	if !bytes.Contains(b, []byte("原始第 2 帧")) {
		t.Error("the comments are not Chinese")
	}
}

func TestEvidenceFails(t *testing.T) {
	none := func(func(*analyzer.Frame) error) error { return errors.New("not to be called") }
	if err := Evidence(io.Discard, &analyzer.Case{}, none, Options{}); !errors.Is(err, ErrNoEvidence) {
		t.Errorf("nothing found: %v", err)
	}
	c, _ := evidenceCase()
	if err := Evidence(io.Discard, c, none, Options{}); err == nil || !strings.Contains(err.Error(), "not to be called") {
		t.Errorf("frames that cannot be read: %v", err)
	}
	ok := func(func(*analyzer.Frame) error) error { return nil }
	if err := Evidence(brokenPipe{}, c, ok, Options{}); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("a broken pipe: %v", err)
	}
}

// TestLongComment holds the format's bound: a length of 16 bits, and no half character at the end.
func TestLongComment(t *testing.T) {
	var b bytes.Buffer
	n := &ngWriter{w: &b}
	n.section(Generator, "x")
	n.iface(1, "a", "b")
	n.packet(0, -5, nil, 0, "x"+strings.Repeat("帧", 30000))
	if _, infos := readNG(t, b.Bytes()); len(infos) != 1 || infos[0].Timestamp.UnixNano() != 0 {
		t.Errorf("packets %+v", infos)
	}
	_, after, _ := strings.Cut(b.String(), "x"+strings.Repeat("帧", (math.MaxUint16-1)/3))
	if !strings.HasPrefix(after, "\x00\x00") {
		t.Errorf("behind the last whole character stands %q", after[:min(len(after), 8)])
	}
}
