package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// written is a capture as a test states it: three frames, 1.5 ms apart.
type written struct {
	name   string
	order  byteOrder
	second uint64
	ng     bool
}

var variants = []written{
	{"pcap-little-micro", binary.LittleEndian, 1e6, false},
	{"pcap-big-nano", binary.BigEndian, 1e9, false},
	{"pcapng-little-micro", binary.LittleEndian, 1e6, true},
	{"pcapng-big-nano", binary.BigEndian, 1e9, true},
}

const frames, frameLength = 3, 90

func (v written) bytes() []byte {
	frame := bytes.Repeat([]byte{7}, frameLength)
	ticks := func(i int) uint64 { return 1_700_000_000*v.second + uint64(i)*v.second*3/2000 }
	var b []byte
	if !v.ng {
		magic := uint32(magicMicro)
		if v.second == 1e9 {
			magic = magicNano
		}
		b = v.order.AppendUint32(b, magic)
		b = v.order.AppendUint16(v.order.AppendUint16(b, 2), 4)
		b = v.order.AppendUint32(append(b, make([]byte, 8)...), 262144)
		b = v.order.AppendUint32(b, uint32(layers.LinkTypeEthernet))
		for i := range frames {
			b = v.order.AppendUint32(b, uint32(ticks(i)/v.second))
			b = v.order.AppendUint32(b, uint32(ticks(i)%v.second))
			b = v.order.AppendUint32(v.order.AppendUint32(b, frameLength), frameLength)
			b = append(b, frame...)
		}
		return b
	}
	block := func(kind uint32, body []byte) {
		b = v.order.AppendUint32(v.order.AppendUint32(b, kind), uint32(len(body)+12))
		b = v.order.AppendUint32(append(b, body...), uint32(len(body)+12))
	}
	section := v.order.AppendUint16(v.order.AppendUint16(v.order.AppendUint32(nil, 0x1a2b3c4d), 1), 0)
	block(sectionHeader, append(section, bytes.Repeat([]byte{0xff}, 8)...))
	about := v.order.AppendUint16(v.order.AppendUint16(nil, uint16(layers.LinkTypeEthernet)), 0)
	about = v.order.AppendUint32(about, 0)
	if v.second == 1e9 {
		about = append(v.order.AppendUint16(v.order.AppendUint16(about, 9), 1), 9, 0, 0, 0)
		about = append(about, 0, 0, 0, 0)
	}
	block(interfaceBlock, about)
	for i := range frames {
		body := v.order.AppendUint32(nil, 0)
		body = v.order.AppendUint32(v.order.AppendUint32(body, uint32(ticks(i)>>32)), uint32(ticks(i)))
		body = v.order.AppendUint32(v.order.AppendUint32(body, frameLength), frameLength)
		body = append(append(body, frame...), 0, 0)                                      // padding
		body = append(v.order.AppendUint16(v.order.AppendUint16(body, 1), 4), "why?"...) // a comment
		block(enhancedBlock, append(body, 0, 0, 0, 0))
	}
	return b
}

// read lets gopacket read a capture: times in nanoseconds after the first whole second, and lengths.
func read(t *testing.T, b []byte) (times []int64, lengths []int) {
	t.Helper()
	var source gopacket.PacketDataSource
	var err error
	if kindOf(b) == pcapFile {
		source, err = pcapgo.NewReader(bytes.NewReader(b))
	} else {
		source, err = pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions)
	}
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, info, err := source.ReadPacketData()
		if err == io.EOF {
			return times, lengths
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.Length != frameLength {
			t.Errorf("length on the wire: got %d, want %d", info.Length, frameLength)
		}
		times, lengths = append(times, info.Timestamp.UnixNano()-1_700_000_000e9), append(lengths, len(data))
	}
}

func TestChanges(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			for _, c := range []struct {
				name   string
				change change
				times  []int64
				length int
			}{
				{"nothing", change{keep: 100}, []int64{0, 1_500_000, 3_000_000}, 90},
				{"all gone", change{keep: 0}, nil, 0},
				{"snap", change{keep: 100, snap: 65}, []int64{0, 1_500_000, 3_000_000}, 65},
				{"round", change{keep: 100, round: 1e6}, []int64{0, 1_000_000, 3_000_000}, 90},
			} {
				var out bytes.Buffer
				if err := c.change.stream(bytes.NewReader(v.bytes()), &out, "x"); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				if c.name == "nothing" && !bytes.Equal(out.Bytes(), v.bytes()) {
					t.Errorf("nothing to change, and the copy differs")
				}
				times, lengths := read(t, out.Bytes())
				if len(times) != len(c.times) {
					t.Fatalf("%s: got %d frames, want %d", c.name, len(times), len(c.times))
				}
				for i := range times {
					if times[i] != c.times[i] || lengths[i] != c.length {
						t.Errorf("%s: frame %d: got %d ns, %d bytes; want %d ns, %d bytes", c.name, i+1, times[i], lengths[i], c.times[i], c.length)
					}
				}
			}
		})
	}
}

func TestCopiesComeInOrder(t *testing.T) {
	for _, v := range variants {
		var out bytes.Buffer
		c := change{keep: 100, double: 100}
		if err := c.stream(bytes.NewReader(v.bytes()), &out, "x"); err != nil {
			t.Fatal(err)
		}
		times, _ := read(t, out.Bytes())
		if len(times) != 2*frames {
			t.Fatalf("%s: got %d frames, want %d", v.name, len(times), 2*frames)
		}
		for i := 1; i < len(times); i += 2 {
			if d := times[i] - times[i-1]; d < int64(leastDelay) || d > int64(mostDelay) {
				t.Errorf("%s: copy %d comes %d ns after its original", v.name, i+1, d)
			}
		}
	}
}

func TestCutAnywhere(t *testing.T) {
	for _, v := range variants {
		b := v.bytes()
		for n := 24; n < len(b); n++ {
			var out bytes.Buffer
			c := change{keep: 100, snap: 1000}
			err := c.stream(bytes.NewReader(b[:n]), &out, "x")
			if err != nil && n > 60 {
				t.Errorf("%s cut at %d: %v", v.name, n, err)
			}
		}
	}
}

// TestTree copies a folder with a zip in it as customers make them: a name in GBK, a gzipped capture, a text.
func TestTree(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	capture := variants[0].bytes()
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	g.Write(capture)
	g.Close()
	members := []struct {
		name  string
		bytes []byte
	}{{"\xd7\xa5\xb0\xfc.pcap", capture}, {"mtr.txt", []byte("Start: 2026\n")}, {"抓包.pcap.gz", packed.Bytes()}}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Deflate, NonUTF8: m.name[0] == 0xd7})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(m.bytes)
	}
	z.Close()
	for name, b := range map[string][]byte{"case/ticket.zip": archive.Bytes(), "case/truth.json": []byte("{}"), "loose.pcap": capture} {
		path := filepath.Join(in, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"-snap", "68", in, out}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(out, "case", "truth.json")); string(b) != "{}" {
		t.Errorf("truth.json: got %q", b)
	}
	b, err := os.ReadFile(filepath.Join(out, "loose.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	if _, lengths := read(t, b); len(lengths) != frames || lengths[0] != 68 {
		t.Errorf("loose.pcap: got lengths %v", lengths)
	}
	r, err := zip.OpenReader(filepath.Join(out, "case", "ticket.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, m := range r.File {
		f, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil || m.Name != members[i].name {
			t.Fatalf("member %d: got %q (%v), want %q", i, m.Name, err, members[i].name)
		}
		switch i {
		case 1:
			if !bytes.Equal(b, members[i].bytes) {
				t.Errorf("%s changed", m.Name)
			}
			continue
		case 2:
			g, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(g); err != nil {
				t.Fatal(err)
			}
		}
		if _, lengths := read(t, b); len(lengths) != frames || lengths[0] != 68 {
			t.Errorf("%s: got lengths %v", m.Name, lengths)
		}
	}
	if err := run([]string{"-snap", "68", in, out}); err == nil {
		t.Error("an existing file was written over")
	}
}
