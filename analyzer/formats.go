package analyzer

import (
	"slices"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// Archives gives the kinds of archives and compressions that are opened, and those that are only named.
func Archives() (opened, named []string) { return container.Formats() }

// CaptureFormats gives the kinds of capture files that are read, sorted by name.
func CaptureFormats() []string { return capture.Formats() }

// LinkTypes gives what the frames of a capture may be, in the order of tcpdump.org's registry of link types.
func LinkTypes() []string {
	var all []string
	for _, l := range wire.LinkTypes() {
		if !slices.Contains(all, l.Says) {
			all = append(all, l.Says)
		}
	}
	return all
}

// Tunnels gives the encapsulations that are opened.
func Tunnels() []string {
	var all []string
	for _, e := range wire.Encaps() {
		all = append(all, e.String())
	}
	return all
}
