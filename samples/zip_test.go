package samples

import (
	"archive/zip"
	"io"
	"testing"
)

// member gives the bytes of a ticket's i-th entry.
func member(t *testing.T, path string, i int) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r, err := z.File[i].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
