package main

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	kflate "github.com/klauspost/compress/flate"

	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// The benchmarks time the whole program on a capture that they make, page cache warm, beside what others take for the same file in the
// same run: the standard library's SHA-256 of it, and tcpdump, tcptrace and tshark as far as they are installed.
//
//	go test -run '^$' -bench . ./cmd/capforensics                      captures of 128 MiB
//	CAPFORENSICS_BENCH_MB=1024 go test -run '^$' -bench Large ...      of a gibibyte

func benchMB() int64 {
	if n, err := strconv.ParseInt(os.Getenv("CAPFORENSICS_BENCH_MB"), 10, 64); err == nil && n > 0 {
		return n
	}
	return 128
}

// writeCapture makes a capture of web-like flows, twenty thousand at a time, with payloads of the given length; it gives the number of
// packets. One flow in five hundred ends in a forged reset.
func writeCapture(b *testing.B, path string, size int64, payload int) (packets int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	le, be := binary.LittleEndian, binary.BigEndian
	head := le.AppendUint32(nil, 0xa1b2c3d4)
	head = append(head, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	w.Write(head)
	type conn struct {
		step, steps int
		seq, ack    uint32
		id          uint16
		addr        uint32
		port        uint16
		cut         bool
	}
	const live = 20000
	r := rand.New(rand.NewPCG(1, 2))
	flows := make([]conn, live)
	rec := make([]byte, 16+14+20+32+payload)
	// Payloads come from a pool far larger than the window of deflate, so that packing finds as little as it does in real traffic.
	pool := make([]byte, 8<<20)
	for i := 0; i < len(pool); i += 8 {
		le.PutUint64(pool[i:], r.Uint64())
	}
	now := int64(1_700_000_000_000_000)
	for written := int64(24); written < size; {
		c := &flows[r.IntN(live)]
		if c.step == c.steps {
			*c = conn{steps: 8 + int(r.ExpFloat64()*30), seq: r.Uint32(), ack: r.Uint32(), addr: r.Uint32(), port: uint16(1024 + r.IntN(60000)), cut: r.IntN(500) == 0}
		}
		flags, n, up := byte(0x10), payload, false
		switch c.step {
		case 0:
			flags, n, up = 2, 0, true
		case 1:
			flags, n = 0x12, 0
		case 2:
			n, up = 0, true
		case c.steps - 2:
			flags, n = 0x11, 0
		case c.steps - 1:
			flags, n, up = 0x11, 0, true
		default:
			if up = c.step%3 == 0; up {
				n = 0
			}
			if c.cut && c.step == 6 {
				flags, n, up = 0x14, 0, false
				c.step = c.steps - 1
			}
		}
		c.step++
		now += 3
		total := 20 + 32 + n
		le.PutUint32(rec, uint32(now/1e6))
		le.PutUint32(rec[4:], uint32(now%1e6))
		le.PutUint32(rec[8:], uint32(14+total))
		le.PutUint32(rec[12:], uint32(14+total))
		rec[28], rec[29] = 8, 0
		ip := rec[30:]
		ip[0], ip[6], ip[8], ip[9] = 0x45, 0x40, 52, 6
		be.PutUint16(ip[2:], uint16(total))
		c.id++
		be.PutUint16(ip[4:], c.id)
		client, server := ip[12:16], ip[16:20]
		sport, dport, seq, ack := c.port, uint16(443), c.seq, c.ack
		if !up {
			client, server, sport, dport, seq, ack = ip[16:20], ip[12:16], 443, c.port, c.ack, c.seq
		}
		be.PutUint32(client, 0x0a000000|c.addr&0xffffff)
		be.PutUint32(server, 0xcb007101)
		t := ip[20:]
		be.PutUint16(t, sport)
		be.PutUint16(t[2:], dport)
		be.PutUint32(t[4:], seq)
		be.PutUint32(t[8:], ack)
		t[12], t[13], t[14], t[15] = 0x80, flags, 1, 0xf4
		copy(t[20:], []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2})
		copy(t[32:32+n], pool[r.IntN(len(pool)-n):])
		grow := uint32(n)
		if flags&3 != 0 {
			grow++
		}
		if up {
			c.seq += grow
		} else {
			c.ack += grow
		}
		if _, err := w.Write(rec[:30+total]); err != nil {
			b.Fatal(err)
		}
		written += int64(30 + total)
		packets++
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return packets
}

// patience is how long a command may take; it then counts as having taken that long.
const patience = 2 * time.Minute

// timed runs a command and gives how long it took and the most memory it held.
func timed(b *testing.B, name string, args ...string) (time.Duration, float64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	start := time.Now()
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		b.Fatalf("%s: %v", name, err)
	}
	return time.Since(start), analyzertest.PeakMB(cmd.ProcessState)
}

func hashOf(b *testing.B, path string) time.Duration {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	start := time.Now()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "capforensics.exe")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

func benchCapture(b *testing.B, size int64, payload int) {
	program := build(b)
	path := filepath.Join(b.TempDir(), "bench.pcap")
	packets := writeCapture(b, path, size, payload)
	hashOf(b, path) // warms the page cache
	var ours, hash time.Duration
	var peak float64
	runs := 0
	for b.Loop() {
		h := hashOf(b, path)
		t, mb := timed(b, program, "--json", path)
		ours, hash, peak = ours+t, hash+h, max(peak, mb)
		runs++
	}
	b.SetBytes(size)
	b.ReportMetric(float64(packets)*float64(runs)/ours.Seconds()/1e6, "Mpackets/s")
	b.ReportMetric(ours.Seconds()/hash.Seconds(), "x-sha256")
	b.ReportMetric(peak, "peak-MB")
	for _, other := range [][]string{{"tcpdump", "-n", "-q", "-r", path}, {"tcptrace", "-n", path}, {"tshark", "-n", "-q", "-r", path, "-z", "conv,tcp"}} {
		if _, err := exec.LookPath(other[0]); err != nil {
			fmt.Fprintf(os.Stderr, "  %s: not installed\n", other[0])
			continue
		}
		t, mb := timed(b, other[0], other[1:]...)
		b.ReportMetric(t.Seconds()/(ours.Seconds()/float64(runs)), "x-"+other[0])
		fmt.Fprintf(os.Stderr, "  %s: %.2f s, %.0f MB; capforensics %.2f s\n", other[0], t.Seconds(), mb, ours.Seconds()/float64(runs))
	}
}

// BenchmarkLarge has packets as a download has them; BenchmarkSmall little more than headers.
func BenchmarkLarge(b *testing.B) { benchCapture(b, benchMB()<<20, 1448) }
func BenchmarkSmall(b *testing.B) { benchCapture(b, benchMB()<<20, 20) }

// BenchmarkZip compares with what inflating alone takes with the same library.
func BenchmarkZip(b *testing.B) {
	program := build(b)
	dir := b.TempDir()
	path := filepath.Join(dir, "bench.pcap")
	writeCapture(b, path, benchMB()<<20, 1448)
	archive := filepath.Join(dir, "bench.zip")
	pack(b, archive, path)
	var ours, inflate time.Duration
	for b.Loop() {
		inflate += inflated(b, archive)
		t, _ := timed(b, program, "--json", archive)
		ours += t
	}
	b.SetBytes(benchMB() << 20)
	b.ReportMetric(ours.Seconds()/inflate.Seconds(), "x-inflate")
}

func pack(b *testing.B, archive, path string) {
	b.Helper()
	out, err := os.Create(archive)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	w, err := z.Create("bench.pcap")
	if err != nil {
		b.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	if _, err := io.Copy(w, in); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
}

func inflated(b *testing.B, archive string) time.Duration {
	b.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		b.Fatal(err)
	}
	defer z.Close()
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return kflate.NewReader(r) })
	start := time.Now()
	r, err := z.File[0].Open()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
