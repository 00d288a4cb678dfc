package samples

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/rules"
)

// counts are what two readers of one capture must agree on.
type counts struct{ frames, flows, resets uint64 }

// TestCountsEqualTshark takes tshark as the oracle for frames, TCP connections and resets of every sample capture.
func TestCountsEqualTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed: its counts are not compared")
	}
	compared := 0
	for _, ticket := range tickets(t) {
		z, err := zip.OpenReader(ticket)
		if err != nil {
			t.Fatal(err)
		}
		for i := range z.File {
			data := gunzip(t, member(t, ticket, i))
			c, err := analyzer.Analyze(context.Background(), "capture", []analyzer.Input{{Name: "capture", Size: int64(len(data)), ReaderAt: bytes.NewReader(data)}}, rules.All(), nil)
			if err != nil {
				continue // a path report
			}
			h := &c.Captures[0].Health
			got := counts{c.Members[0].Packets, h.TCPFlows, h.Resets}
			if want := tsharkCounts(t, tshark, data); got != want {
				t.Errorf("%s, member %d: counted %+v, tshark %+v", ticket, i, got, want)
			}
			compared++
		}
		z.Close()
	}
	if compared == 0 {
		t.Error("no capture was compared")
	}
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tsharkCounts(t *testing.T, tshark string, data []byte) counts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-n", "-r", path, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.flags.reset").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	var c counts
	streams := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		c.frames++
		// An ICMP error shows the stream of the packet that it quotes as well; those are in the capture anyway.
		for _, s := range strings.Split(f[1], ",") {
			if s != "" {
				streams[s] = true
			}
		}
		if f[2] == "1" || f[2] == "True" {
			c.resets++
		}
	}
	c.flows = uint64(len(streams))
	return c
}
