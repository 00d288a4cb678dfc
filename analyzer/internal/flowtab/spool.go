package flowtab

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"unsafe"
)

// chunkBytes are written at a time: half a mebibyte, which a disk takes at full speed.
const chunkBytes = 512 << 10

// spool is an append-only list of T that moves to a temporary file when it outgrows its memory. T must hold no pointers, as
// its bytes are written as they are; the file is private to this process and read by nobody else.
type spool[T any] struct {
	chunks [][]T // in memory; after the move only the chunk being filled
	items  int   // of a full chunk
	limit  int64 // bytes kept in memory
	dir    string
	file   *os.File
	onDisk int64 // items
	buffer []T   // for a pass over the file, kept for the next; nil while one has it
	err    error // the first failure; nothing is kept after it
}

func newSpool[T any](limit int64, dir string) *spool[T] {
	if t := reflect.TypeFor[T](); hasPointers(t) {
		panic("flowtab: " + t.String() + " holds pointers and cannot be spooled")
	}
	s := &spool[T]{limit: limit, dir: dir}
	s.items = int(chunkBytes / s.itemSize())
	return s
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Pointer, reflect.Slice, reflect.String, reflect.Map, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	}
	return false
}

func (s *spool[T]) itemSize() int64 {
	var t T
	return int64(unsafe.Sizeof(t))
}

// add gives room for one more item, valid until the next call.
func (s *spool[T]) add() *T {
	n := len(s.chunks)
	if n == 0 || len(s.chunks[n-1]) == s.items {
		s.grow()
		n = len(s.chunks)
	}
	c := &s.chunks[n-1]
	if len(*c) < cap(*c) {
		*c = (*c)[:len(*c)+1]
	} else { // the first chunk grows with a small capture
		var zero T
		*c = append(*c, zero)
	}
	return &(*c)[len(*c)-1]
}

func (s *spool[T]) grow() {
	if s.file == nil && s.err == nil && (int64(len(s.chunks))+1)*chunkBytes > s.limit && len(s.chunks) > 0 {
		s.file, s.err = os.CreateTemp(s.dir, "capforensics-*.tmp")
		if s.err == nil {
			removeOpen(s.file)
		}
	}
	if s.file == nil && s.err == nil {
		room := s.items
		if len(s.chunks) == 0 {
			room = 16
		}
		s.chunks = append(s.chunks, make([]T, 0, room))
		return
	}
	s.flush()
	s.chunks = append(s.chunks[:0], s.chunks[0][:0])
}

func (s *spool[T]) flush() {
	for _, c := range s.chunks {
		if s.err == nil && s.file != nil && len(c) > 0 {
			if _, err := s.file.Write(asBytes(c)); err != nil {
				s.err = fmt.Errorf("write temporary file: %w", err)
				return
			}
			s.onDisk += int64(len(c))
		}
	}
}

// each calls visit with runs of items in order, valid during the call, until it returns false.
func (s *spool[T]) each(visit func([]T) bool) error {
	if s.err != nil {
		return s.err
	}
	if s.onDisk > 0 {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read temporary file: %w", err)
		}
		buf := s.buffer
		if s.buffer = nil; buf == nil {
			buf = make([]T, s.items)
		}
		defer func() { s.buffer = buf }()
		for left := s.onDisk; left > 0; {
			c := buf[:min(left, int64(s.items))]
			if _, err := io.ReadFull(s.file, asBytes(c)); err != nil {
				return fmt.Errorf("read temporary file: %w", err)
			}
			left -= int64(len(c))
			if !visit(c) {
				return nil
			}
		}
	}
	for _, c := range s.chunks {
		if len(c) > 0 && !visit(c) {
			return nil
		}
	}
	return nil
}

// item reads the item at index i, counted from 0 in the order of add.
func (s *spool[T]) item(i int64, into *T) error {
	if s.err != nil {
		return s.err
	}
	if i < s.onDisk {
		if _, err := s.file.ReadAt(asBytes(unsafe.Slice(into, 1)), i*s.itemSize()); err != nil {
			return fmt.Errorf("read temporary file: %w", err)
		}
		return nil
	}
	i -= s.onDisk
	for _, c := range s.chunks {
		if i < int64(len(c)) {
			*into = c[i]
			return nil
		}
		i -= int64(len(c))
	}
	return fmt.Errorf("read a temporary file: no item is %d beyond its end", i)
}

// memory gives the bytes held in memory.
func (s *spool[T]) memory() int64 {
	n := int64(cap(s.buffer)) * s.itemSize()
	for _, c := range s.chunks {
		n += int64(cap(c)) * s.itemSize()
	}
	return n
}

// len gives the number of items.
func (s *spool[T]) len() int64 {
	n := s.onDisk
	for _, c := range s.chunks {
		n += int64(len(c))
	}
	return n
}

// close frees the memory and removes the temporary file.
func (s *spool[T]) close() {
	s.chunks, s.buffer = nil, nil
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name()) // already gone where an open file can be removed
		s.file = nil
	}
}

func asBytes[T any](c []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(c))), len(c)*int(unsafe.Sizeof(t)))
}
