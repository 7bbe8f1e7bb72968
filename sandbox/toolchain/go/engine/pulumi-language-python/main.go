// Command pulumi-language-python lets the Pulumi engine run programs, policy packs and plugins written in Python.
//
// It speaks the engine's LanguageRuntime protocol and stands on the SDK's own packages: `python/toolchain` finds the
// interpreter (virtual environment, pip, uv, Poetry), `pulumi-language-python-exec` runs the program. Project files
// mean the same to it as to the host of the official distribution, and it bears the same name. It is built where that
// one cannot be downloaded.
//
// Usage: pulumi-language-python [--tracing URL] [--logtostderr] [-v=N] [ENGINE-ADDRESS]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// executorName is the Python script that runs a program; it lies beside this binary.
const executorName = "pulumi-language-python-exec"

// engineHealthInterval is how often the engine is asked whether it lives: a killed engine leaves no host behind.
const engineHealthInterval = 2 * time.Second

func main() {
	tracing := flag.String("tracing", "", "send traces to this Zipkin-compatible or file:// endpoint")
	executor := flag.String("use-executor", "", "run programs with this script (default: "+executorName+" beside this binary)")
	show := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *show {
		fmt.Println(version.Version)
		return
	}
	if err := serve(*tracing, *executor, flag.Arg(0)); err != nil {
		cmdutil.Exit(err)
	}
}

// serve answers the engine until it goes away or asks the host to end.
func serve(tracing, executor, engineAddress string) error {
	logging.InitLogging(false, 0, false)
	cmdutil.InitTracing("pulumi-language-python", "pulumi-language-python", tracing)
	executor, err := findExecutor(executor)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if engineAddress != "" {
		if err := rpcutil.Healthcheck(ctx, engineAddress, engineHealthInterval, stop); err != nil {
			return fmt.Errorf("cannot watch the engine at %s: %w", engineAddress, err)
		}
	}
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, newHost(ctx, executor, tracing, engineAddress))
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("cannot serve the language runtime: %w", err)
	}
	// The engine reads the port from the first line of our output.
	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}

// findExecutor returns the absolute path of the script that runs programs.
func findExecutor(given string) (string, error) {
	if given == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("cannot find the directory of this binary: %w", err)
		}
		given = filepath.Join(filepath.Dir(self), executorName)
	}
	path, err := filepath.Abs(given)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is missing: it must lie beside pulumi-language-python", path)
	} else if err != nil {
		return "", err
	}
	return path, nil
}
