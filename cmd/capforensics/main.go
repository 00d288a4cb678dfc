// Command capforensics says from packet captures whether a broken connection was broken by a host, by the network, or by a
// device between them. It works offline; run it with --help for its flags and exit codes.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(newApp().run(context.Background(), os.Args[1:]))
}
