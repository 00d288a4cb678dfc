package main

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"strings"
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
	case isTar(head):
		return true
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(bytes.NewReader(head))
		return err == nil && isTar(firstBlock(z))
	case bytes.HasPrefix(head, []byte("BZh")):
		return isTar(firstBlock(bzip2.NewReader(bytes.NewReader(head)))) || namedTar(name) // a bzip2 block may be longer than head
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(head, []byte("\x04\x22\x4d\x18")):
		return namedTar(name)
	}
	return false
}

func firstBlock(r io.Reader) []byte {
	block := make([]byte, tarBlock)
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

const tarBlock = 512

// isTar checks the sum of a tar header, which also tells the archives of before "ustar":
//
//	0       100  108  116  124   136    148    156
//	| name  |mode|uid |gid |size |mtime |chksum|type ...
func isTar(block []byte) bool {
	if len(block) < tarBlock {
		return false
	}
	const from, to = 148, 156
	sum, want, digits := 0, 0, 0
	for i, c := range block[:tarBlock] {
		if i >= from && i < to {
			if c >= '0' && c <= '7' {
				want = want*8 + int(c-'0')
				digits++
			}
			c = ' ' // as which the field counts
		}
		sum += int(c)
	}
	return digits > 0 && sum == want && block[0] != 0
}
