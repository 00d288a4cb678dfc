package container

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/textproto"

	"github.com/bodgit/sevenzip"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// inWords says what to do about an unexpected end or damage, which have many causes and one remedy. What a library says of it stays behind: it tells
// those who look for a fault of ours the place.
func inWords(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the data is cut short; ask for a new upload: %w", err)
	case inWordsOfLibrary(err):
		return fmt.Errorf("it is damaged; ask for a new upload: %w", err)
	}
	return err
}

// inWordsOfLibrary says that a library has found an archive or mail damaged, in its own words.
func inWordsOfLibrary(err error) bool {
	var (
		corrupt flate.CorruptInputError
		block   bzip2.StructuralError
		seven   *sevenzip.ReadError
		text    base64.CorruptInputError
		header  textproto.ProtocolError
	)
	for _, known := range []error{tar.ErrHeader, gzip.ErrHeader, gzip.ErrChecksum, bufio.ErrBufferFull} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &corrupt) || errors.As(err, &block) || errors.As(err, &seven) || errors.As(err, &text) || errors.As(err, &header)
}
