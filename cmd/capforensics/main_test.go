package main

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"capforensics": main})
}

// TestScenarios runs testdata/*.txtar. Beside the commands of testscript they have
//
//	exits CODE COMMAND...   runs it and wants the exit code
//	capture FILE [cut]      makes a pcap of one connection that ends in a reset; cut: the last packet is not whole
//	zip FILE MEMBER...      makes an archive
//	split FILE BYTES        cuts a file into FILE.001 and so on
//	sample FILE             copies a file of testdata
func TestScenarios(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       analyzertest.Updating(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"capture": func(ts *testscript.TestScript, neg bool, args []string) {
				data := tinyCapture()
				if slices.Contains(args[1:], "cut") {
					data = data[:len(data)-10]
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
			},
			"split": func(ts *testscript.TestScript, neg bool, args []string) {
				size, err := strconv.Atoi(args[1])
				ts.Check(err)
				data := []byte(ts.ReadFile(args[0]))
				for i, part := range slices.Collect(slices.Chunk(data, size)) {
					ts.Check(os.WriteFile(fmt.Sprintf("%s.%03d", ts.MkAbs(args[0]), i+1), part, 0o644))
				}
			},
			"sample": func(ts *testscript.TestScript, neg bool, args []string) {
				data, err := os.ReadFile(filepath.Join(testdata, args[0]))
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
			},
			"zip": func(ts *testscript.TestScript, neg bool, args []string) {
				members := make(map[string][]byte)
				for _, name := range args[1:] {
					members[name] = []byte(ts.ReadFile(name))
				}
				ts.Check(writeZip(ts.MkAbs(args[0]), members))
			},
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("run %q: %v", args[1:], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%q exits with %d, want %d", args[1:], got, want)
	}
}

func writeZip(path string, members map[string][]byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for name, data := range members {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

// tinyCapture is a pcap of a handshake, a request, its answer and a reset by the server.
func tinyCapture() []byte {
	const (
		fin, syn, rst, psh, ack = 1, 2, 4, 8, 16
		client, server          = true, false
	)
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 262144)
	b = binary.LittleEndian.AppendUint32(b, 1) // Ethernet
	for i, p := range []struct {
		by       bool
		flags    byte
		seq, ack uint32
		data     string
	}{
		{client, syn, 1000, 0, ""},
		{server, syn | ack, 5000, 1001, ""},
		{client, ack, 1001, 5001, ""},
		{client, psh | ack, 1001, 5001, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"},
		{server, ack, 5001, 1038, ""},
		{server, psh | ack, 5001, 1038, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{server, rst | ack, 5039, 1038, ""},
	} {
		frame := tcpFrame(p.by == client, uint16(100+i), p.flags, p.seq, p.ack, p.data)
		b = binary.LittleEndian.AppendUint32(b, 1_790_000_000)
		b = binary.LittleEndian.AppendUint32(b, uint32(i)*10_000)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
		b = append(b, frame...)
	}
	return b
}

func tcpFrame(fromClient bool, id uint16, flags byte, seq, ack uint32, data string) []byte {
	a, b := [4]byte{192, 0, 2, 10}, [4]byte{198, 51, 100, 20}
	from, to := uint16(51000), uint16(80)
	ttl := byte(64)
	if !fromClient {
		a, b, from, to, ttl = b, a, to, from, 52
	}
	be := binary.BigEndian
	f := append(make([]byte, 12), 0x08, 0x00)
	f = append(f, 0x45, 0)
	f = be.AppendUint16(f, uint16(40+len(data)))
	f = be.AppendUint16(f, id)
	f = append(f, 0x40, 0, ttl, 6, 0, 0)
	f = append(append(f, a[:]...), b[:]...)
	f = be.AppendUint16(be.AppendUint16(f, from), to)
	f = be.AppendUint32(be.AppendUint32(f, seq), ack)
	f = append(f, 0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0)
	return append(f, data...)
}
