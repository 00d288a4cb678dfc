package container

import (
	"sync"
	"sync/atomic"
)

const (
	// blockSize is how much of a stream is handed on at once: enough that handing it on costs nothing, and little enough that what
	// the hash has just read is still in the processor's cache for the reader.
	blockSize = 256 << 10
	// blocksPerStream: one being filled, one hashed, one read, and one to spare for each.
	blocksPerStream = 6
	// MaxPeek is the most that Stream.Peek grants.
	MaxPeek = 1 << 20
)

// block is a piece of a stream, shared by its reader and its hash. Neither writes to data.
//
//	0              MaxPeek                  MaxPeek+blockSize
//	+----------------+------------------------+
//	|  what was left |  data                  |
//	+----------------+------------------------+
//
// The reader moves what it has not yet used of the block before in front of data, so that it can be peeked in one piece.
type block struct {
	buf  []byte
	data []byte
	err  error // that followed data; io.EOF at the end of the stream
	refs atomic.Int32
}

// blockPool keeps blocks from one stream to the next: a ticket may have thousands of small ones.
type blockPool struct {
	mu   sync.Mutex
	free []*block
}

func (p *blockPool) get() *block {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return &block{buf: make([]byte, MaxPeek+blockSize)}
}

func (p *blockPool) put(b *block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, b)
}
