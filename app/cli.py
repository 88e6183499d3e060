"""The command line: `deskhand …`."""

import click

from tenants import cli_servers, cli_whole

from .application import create_app
from .config import load_for_commands
from .demo import demo
from .doctor import doctor
from .environment import show
from .exports import cli as exports_cli
from .people import cli as people_cli
from .run import serve, worker
from .signin import cli as signin_cli

# They make an application of their own, or none.
WITHOUT_APPLICATION = ("config", "doctor", "serve", "worker")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context):
    """Deskhand, the customer desk for managed service providers."""
    if context.invoked_subcommand not in WITHOUT_APPLICATION:
        context.obj = create_app(load_for_commands())
        context.with_resource(context.obj.app_context())


cli_whole.org.add_command(exports_cli.export)
main.add_command(cli_whole.org)
main.add_command(cli_servers.migrate_command)
main.add_command(cli_servers.shard)
main.add_command(people_cli.user)
main.add_command(signin_cli.token)
main.add_command(demo)
main.add_command(show)
main.add_command(doctor)
main.add_command(serve)
main.add_command(worker)

if __name__ == "__main__":
    main()
