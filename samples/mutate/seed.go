package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcapgo"

	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// file is an input or a member of an archive.
type file struct {
	name string
	data []byte
}

// packet is a frame of a seed, in no capture format yet.
type packet struct {
	at     int64  // nanoseconds since the Unix epoch
	length uint32 // on the wire
	data   []byte
}

// trace is a capture in no format yet.
type trace struct {
	name    string
	link    uint32
	packets []packet
}

// seed is a small ticket that is well-formed: captures that were taken apart, and files that are left as they are.
type seed struct {
	name   string
	traces []trace
	files  []file
}

const (
	// mostPackets and mostBytes keep a seed small: what a fault depends on is in few packets, and small inputs run often.
	mostPackets = 120
	mostBytes   = 160
)

// seeds reads those of a checkout: the packets that each rule is tested with, the sample tickets, path reports and archives.
func seeds(root fs.FS) ([]seed, error) {
	var all []seed
	for _, s := range []struct {
		pattern string
		read    func(name string, b []byte) (seed, error)
	}{
		{"rules/testdata/*.pkt", script},
		{"samples/*/ticket.zip", sample},
		{"analyzer/route/testdata/*.*", whole},
		{"analyzer/internal/container/testdata/*.[7z]*", whole},
		{"samples/mutate/testdata/*", whole},
	} {
		names, err := fs.Glob(root, s.pattern)
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("no seeds %s: run it in the root of a checkout, or name that with -root", s.pattern)
		}
		for _, name := range names {
			b, err := fs.ReadFile(root, name)
			if err != nil {
				return nil, err
			}
			one, err := s.read(name, b)
			if err != nil {
				return nil, fmt.Errorf("seed %s: %w", name, err)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

func whole(name string, b []byte) (seed, error) {
	return seed{name: name, files: []file{{path.Base(name), b}}}, nil
}

// script builds the packets of a rule's test.
func script(name string, b []byte) (seed, error) {
	s := seed{name: name}
	parsed, err := analyzertest.ParsePkt(name, b)
	if err != nil {
		return s, err
	}
	built, err := parsed.Captures()
	if err != nil {
		return s, err
	}
	for _, c := range built {
		if err := s.add(c.Name, c.Bytes); err != nil {
			return s, err
		}
	}
	return s, nil
}

// sample opens the ticket of a sample.
func sample(name string, b []byte) (seed, error) {
	s := seed{name: name}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return s, err
	}
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			return s, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return s, err
		}
		if err := s.add(m.Name, b); err != nil {
			return s, err
		}
	}
	return s, nil
}

// add takes a capture apart, and keeps anything else as it is.
func (s *seed) add(name string, b []byte) error {
	if bytes.HasPrefix(b, []byte("\x1f\x8b")) {
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return err
		}
		if b, err = io.ReadAll(r); err != nil {
			return err
		}
		name = strings.TrimSuffix(name, ".gz")
	}
	t := trace{name: name, link: 1}
	var source gopacket.PacketDataSource
	if r, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		source, t.link = r, uint32(r.LinkType())
	} else if r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions); err == nil {
		source, t.link = r, uint32(r.LinkType())
	} else {
		s.files = append(s.files, file{name, b})
		return nil
	}
	for len(t.packets) < mostPackets {
		data, info, err := source.ReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		data = slices.Clone(data[:min(len(data), mostBytes)])
		t.packets = append(t.packets, packet{info.Timestamp.UnixNano(), uint32(info.Length), data})
	}
	s.traces = append(s.traces, t)
	return nil
}
