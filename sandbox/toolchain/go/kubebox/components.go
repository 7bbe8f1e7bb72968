package main

import (
	"context"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/component-base/cli/flag"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apioptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	controlleroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwokcmd "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
)

// The components' own commands set up signal handlers, which panics the second time in one process. Hence each is
// prepared from its official options here and started through its Run function.

// parse applies command line flags to a component's options.
func parse(sets flag.NamedFlagSets, arguments []string, name string) error {
	all := pflag.NewFlagSet(name, pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return all.Parse(arguments)
}

func prepareAPIServer(ctx context.Context, arguments []string) (func(context.Context) error, error) {
	options := apioptions.NewServerRunOptions()
	if err := parse(options.Flags(), arguments, "kube-apiserver"); err != nil {
		return nil, err
	}
	// feature gates and emulation version take effect here, before anything reads them
	if err := options.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	completed, err := options.Complete(ctx)
	if err != nil {
		return nil, err
	}
	if problems := completed.Validate(); len(problems) != 0 {
		return nil, problems[0]
	}
	return func(ctx context.Context) error { return apiserver.Run(ctx, completed) }, nil
}

func prepareControllerManager(ctx context.Context, arguments []string) (func() error, error) {
	options, err := controlleroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	known, disabled := controllers.KnownControllers(), controllers.ControllersDisabledByDefault()
	flags := options.Flags(known, disabled, controllers.ControllerAliases())
	options.ParsedFlags = &flags
	if err := parse(flags, arguments, "kube-controller-manager"); err != nil {
		return nil, err
	}
	settings, err := options.Config(ctx, known, disabled, controllers.ControllerAliases())
	if err != nil {
		return nil, err
	}
	return func() error { return controllers.Run(ctx, settings.Complete()) }, nil
}

func prepareScheduler(ctx context.Context, arguments []string) (func() error, error) {
	options := scheduleroptions.NewOptions()
	if err := parse(*options.Flags, arguments, "kube-scheduler"); err != nil {
		return nil, err
	}
	completed, found, err := scheduler.Setup(ctx, options)
	if err != nil {
		return nil, err
	}
	return func() error { return scheduler.Run(ctx, completed, found) }, nil
}

func prepareKwok(ctx context.Context, arguments []string) (func() error, error) {
	// kwok reads its configuration file while it looks at os.Args, and its command adds every flag of the process to
	// its own: the Kubernetes components left a --version there that is no boolean
	os.Args = append([]string{"kwok"}, arguments...)
	pflag.CommandLine = pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ = kwoklog.InitFlags(ctx, flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		return nil, err
	}
	command := kwokcmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return func() error { return command.ExecuteContext(ctx) }, nil
}
