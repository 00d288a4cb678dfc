package main

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
)

// headLen is what telling an archive by its content looks at: enough compressed bytes for the first block of a tar.
const headLen = 64 << 10

// archived says whether a file is a ticket of its own: an archive that holds files, not a compressed single one. Its content
// tells, and its name only for mails and the compressions whose decoders live in the analyzer.
//
// Note: this decides only how arguments group into tickets. What is read, and how, the analyzer tells by itself.
func archived(head []byte, name string) bool {
	for _, magic := range []string{
		"PK\x03\x04", "PK\x05\x06", "PK\x07\x08", // zip: a member, an empty one, one of several disks
		"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "MSCF\x00\x00\x00\x00",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	switch {
	case namedMail(name):
		return true
	case analyzer.IsTar(head):
		return true
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(bytes.NewReader(head))
		return err == nil && analyzer.IsTar(firstBlock(z))
	case bytes.HasPrefix(head, []byte("BZh")):
		return analyzer.IsTar(firstBlock(bzip2.NewReader(bytes.NewReader(head)))) || namedTar(name) // a bzip2 block may be longer than head
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(head, []byte("\x04\x22\x4d\x18")):
		return namedTar(name)
	}
	return false
}

func firstBlock(r io.Reader) []byte {
	block := make([]byte, 512)    // the first block of a tar
	n, _ := io.ReadFull(r, block) // the head is cut off somewhere: what was read counts
	return block[:n]
}

// namedMail tells a saved mail, which holds the captures that are attached to it.
func namedMail(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".eml") || strings.HasSuffix(name, ".msg")
}

func namedTar(name string) bool {
	name = strings.ToLower(name)
	for _, e := range []string{".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz4", ".tbz2", ".tbz", ".txz", ".tzst"} {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}
