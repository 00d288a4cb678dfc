package container

import (
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdMemory bounds what a zstd frame may ask for: its window, at most 128 MiB with the command's --ultra --long=27.
const maxZstdMemory = 128 << 20

// compressed peels gzip or zstd off. A single compressed file keeps its name; an archive inside is walked as usual.
func (w *walker) compressed(m *Member, r io.Reader, format string, at Source, depth int) error {
	if len(m.Via) >= w.MaxDepth {
		return w.tooDeep(m)
	}
	in := &counter{r: r}
	var out io.Reader
	switch format {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return w.unreadable(m, fmt.Errorf("open gzip: %w", err))
		}
		out = z
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdMemory), zstd.WithDecoderMaxMemory(maxZstdMemory))
		if err != nil {
			return w.unreadable(m, fmt.Errorf("open zstd: %w", err))
		}
		defer z.Close()
		out = z
	}
	m.Via = append(slices.Clone(m.Via), format)
	w.members-- // the same member, without its wrapping
	return w.stream(m, out, Source{}, func() int64 { return in.n }, depth)
}

func (w *walker) unreadable(m *Member, err error) error {
	m.Kind, m.Err = Unreadable, cutShort(err)
	w.visitor.Done(m)
	return nil
}

func (w *walker) tooDeep(m *Member) error {
	return w.unreadable(m, &LimitError{fmt.Sprintf("it is packed more than %d times", w.MaxDepth), "--max-depth"})
}
