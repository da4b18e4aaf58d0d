// Command oras does with the library of the ORAS project what its command line client does: it keeps files as
// artifacts in a registry, attaches further ones to them and finds those again. The tests drive it like any
// other client.
//
//	oras login [-u USER] HOST                        the password comes from standard input
//	oras push [-artifact-type TYPE] REF FILE:TYPE…   prints the digest
//	oras attach -artifact-type TYPE REF FILE:TYPE…   prints the digest
//	oras discover [-artifact-type TYPE] REF          prints "digest artifactType" lines
//	oras pull [-o DIRECTORY] REF
//	oras copy FROM TO                                with everything that refers to FROM
//	oras tags REPOSITORY
//	oras delete REF
//
// Each command takes -plain-http.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/file"

	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

type command struct {
	flags        *flag.FlagSet
	plainHTTP    bool
	username     string
	artifactType string
	directory    string
	credentials  credentials.Store
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: login, push, attach, discover, pull, copy, tags or delete")
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{AllowPlaintextPut: true})
	if err != nil {
		return err
	}
	c := &command{flags: flag.NewFlagSet(args[0], flag.ContinueOnError), credentials: store}
	c.flags.BoolVar(&c.plainHTTP, "plain-http", false, "speak HTTP instead of HTTPS")
	c.flags.StringVar(&c.username, "u", "", "user name")
	c.flags.StringVar(&c.artifactType, "artifact-type", "", "artifact type")
	c.flags.StringVar(&c.directory, "o", ".", "output directory")
	if err := c.flags.Parse(args[1:]); err != nil {
		return err
	}
	if c.flags.NArg() == 0 {
		return fmt.Errorf("%s: say which registry or artifact", args[0])
	}
	target, rest := c.flags.Arg(0), c.flags.Args()[1:]
	switch args[0] {
	case "login":
		return c.login(ctx, target)
	case "push":
		return c.push(ctx, target, rest)
	case "attach":
		return c.attach(ctx, target, rest)
	case "discover":
		return c.discover(ctx, target)
	case "pull":
		return c.pull(ctx, target)
	case "copy":
		return c.copy(ctx, target, rest)
	case "tags":
		return c.tags(ctx, target)
	case "delete":
		return c.delete(ctx, target)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func (c *command) login(ctx context.Context, host string) error {
	password, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	reg, err := remote.NewRegistry(host)
	if err != nil {
		return err
	}
	reg.PlainHTTP = c.plainHTTP
	credential := auth.Credential{Username: c.username, Password: strings.TrimSpace(string(password))}
	return credentials.Login(ctx, c.credentials, reg, credential)
}

func (c *command) push(ctx context.Context, reference string, files []string) error {
	repository, err := c.repository(reference)
	if err != nil {
		return err
	}
	store, layers, err := addFiles(ctx, files)
	if err != nil {
		return err
	}
	defer store.Close()
	manifest, err := oras.PackManifest(ctx, store, oras.PackManifestVersion1_1, c.artifactType,
		oras.PackManifestOptions{Layers: layers})
	if err != nil {
		return err
	}
	tag := repository.Reference.Reference
	if err := store.Tag(ctx, manifest, tag); err != nil {
		return err
	}
	if _, err := oras.Copy(ctx, store, tag, repository, tag, oras.DefaultCopyOptions); err != nil {
		return err
	}
	fmt.Println(manifest.Digest)
	return nil
}

func (c *command) attach(ctx context.Context, reference string, files []string) error {
	repository, subject, err := c.resolve(ctx, reference)
	if err != nil {
		return err
	}
	store, layers, err := addFiles(ctx, files)
	if err != nil {
		return err
	}
	defer store.Close()
	manifest, err := oras.PackManifest(ctx, store, oras.PackManifestVersion1_1, c.artifactType,
		oras.PackManifestOptions{Subject: &subject, Layers: layers})
	if err != nil {
		return err
	}
	// The subject is in the registry already: only what the new manifest brings along is copied.
	if err := oras.CopyGraph(ctx, store, repository, manifest, skipping(subject)); err != nil {
		return err
	}
	fmt.Println(manifest.Digest)
	return nil
}

func (c *command) discover(ctx context.Context, reference string) error {
	repository, subject, err := c.resolve(ctx, reference)
	if err != nil {
		return err
	}
	return repository.Referrers(ctx, subject, c.artifactType, func(referrers []ocispec.Descriptor) error {
		for _, referrer := range referrers {
			fmt.Println(referrer.Digest, referrer.ArtifactType)
		}
		return nil
	})
}

func (c *command) pull(ctx context.Context, reference string) error {
	repository, err := c.repository(reference)
	if err != nil {
		return err
	}
	store, err := file.New(c.directory)
	if err != nil {
		return err
	}
	defer store.Close()
	_, err = oras.Copy(ctx, repository, repository.Reference.Reference, store, "", oras.DefaultCopyOptions)
	return err
}

func (c *command) copy(ctx context.Context, from string, rest []string) error {
	if len(rest) != 1 {
		return errors.New("copy: say from where and to where")
	}
	source, err := c.repository(from)
	if err != nil {
		return err
	}
	target, err := c.repository(rest[0])
	if err != nil {
		return err
	}
	_, err = oras.ExtendedCopy(ctx, source, source.Reference.Reference, target, target.Reference.Reference,
		oras.DefaultExtendedCopyOptions)
	return err
}

func (c *command) tags(ctx context.Context, reference string) error {
	repository, err := c.repository(reference)
	if err != nil {
		return err
	}
	return repository.Tags(ctx, "", func(tags []string) error {
		for _, tag := range tags {
			fmt.Println(tag)
		}
		return nil
	})
}

func (c *command) delete(ctx context.Context, reference string) error {
	repository, descriptor, err := c.resolve(ctx, reference)
	if err != nil {
		return err
	}
	return repository.Delete(ctx, descriptor)
}

func (c *command) repository(reference string) (*remote.Repository, error) {
	repository, err := remote.NewRepository(reference)
	if err != nil {
		return nil, err
	}
	repository.PlainHTTP = c.plainHTTP
	repository.Client = &auth.Client{
		Client:     retry.DefaultClient,
		Cache:      auth.NewCache(),
		Credential: credentials.Credential(c.credentials),
	}
	return repository, nil
}

func (c *command) resolve(ctx context.Context, reference string) (*remote.Repository, ocispec.Descriptor, error) {
	repository, err := c.repository(reference)
	if err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	descriptor, err := repository.Resolve(ctx, repository.Reference.Reference)
	return repository, descriptor, err
}

// addFiles puts FILE:TYPE arguments into a store that a registry can be filled from.
func addFiles(ctx context.Context, files []string) (*file.Store, []ocispec.Descriptor, error) {
	store, err := file.New(".")
	if err != nil {
		return nil, nil, err
	}
	var layers []ocispec.Descriptor
	for _, argument := range files {
		name, mediaType, _ := strings.Cut(argument, ":")
		layer, err := store.Add(ctx, name, mediaType, "")
		if err != nil {
			return nil, nil, errors.Join(err, store.Close())
		}
		layers = append(layers, layer)
	}
	return store, layers, nil
}

func skipping(subject ocispec.Descriptor) oras.CopyGraphOptions {
	options := oras.DefaultCopyGraphOptions
	options.FindSuccessors = func(ctx context.Context, fetcher content.Fetcher, descriptor ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		successors, err := content.Successors(ctx, fetcher, descriptor)
		return slices.DeleteFunc(successors, func(s ocispec.Descriptor) bool { return s.Digest == subject.Digest }), err
	}
	return options
}
