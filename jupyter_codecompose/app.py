"""The extension as Jupyter Server loads it: settings in, parts wired, routes mounted, ended on stop."""

from __future__ import annotations

import sys
from typing import Any, Literal, NoReturn, cast

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode

from jupyter_codecompose import __version__
from jupyter_codecompose.channels import Local
from jupyter_codecompose.exclude import PATHS
from jupyter_codecompose.gateway import Remote
from jupyter_codecompose.kernel import Kernels, Known
from jupyter_codecompose.routes import routes
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import TOKEN_VARIABLE, Settings, WrongSetting, read_token
from jupyter_codecompose.worker import Worker
from model_server.families import INCODER


class CodeCompose(ExtensionApp):  # type: ignore[misc]
    """Ghost text for notebooks. Configured as `c.CodeCompose.<name>`."""

    name = "codecompose"
    version = __version__
    description = __doc__

    worker_url = Unicode("", help="Where the worker is; '' starts one on this machine.").tag(config=True)
    worker_token_file = Unicode(
        "", help=f"A file that holds the worker's token and only its owner may read. {TOKEN_VARIABLE} goes before it."
    ).tag(config=True)
    allow_insecure_worker = Bool(False, help="Lets code travel unencrypted: http to a worker on another host.").tag(
        config=True
    )
    worker_model = Unicode("", help="The model's name at worker_url; '' is for the only one there.").tag(config=True)
    worker_prompt = Unicode(
        "auto", help="How the prompt for worker_url is made; 'auto' finds out. See docs/servers.md."
    ).tag(config=True)
    worker_context = Int(0, help="The context of the model at worker_url in tokens; 0: as it says.").tag(config=True)
    model = Unicode(
        "bundled",
        help=f"What our own worker loads: 'bundled', a model's directory, or a Hub name. {INCODER.licence}.",
    ).tag(config=True)
    model_revision = Unicode("", help="A commit, tag or branch of the Hub name in model.").tag(config=True)
    start_worker = Enum(("on_demand", "at_once"), "on_demand", help="When our own worker is started.").tag(config=True)
    use_kernel = Bool(True, help="Whether names, types and columns of the live kernel are sent along.").tag(config=True)
    ask_r = Bool(
        False,
        help="Whether an R kernel is asked by its own completion what is behind `name$`, so that a column is one that "
        "exists. R evaluates the name for that, as at Tab, which runs code if it is a promise or an active binding.",
    ).tag(config=True)
    timeout = Float(5.0, help="Seconds until a suggestion is given up. A page never waits longer than 15.").tag(
        config=True
    )
    max_tokens = Int(96, help="The most tokens of one suggestion.").tag(config=True)
    most_lines = Int(6, help="The most lines of one suggestion.").tag(config=True)
    send_outputs = Enum(
        ("local", "always", "never"),
        "local",
        help="Which worker is told what cells have printed: 'local', one on this machine.",
    ).tag(config=True)
    exclude_paths = List(
        Unicode(), list(PATHS), help="Globs of the files of which nothing is ever sent, and where nothing is suggested."
    ).tag(config=True)

    service: Service | None = None

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        """Reads the configuration. A wrong value stops the start, where other extensions would merely be left out."""
        try:
            super()._link_jupyter_server_extension(serverapp)
        except TraitError as wrong:
            self._refuse(wrong)

    def initialize_settings(self) -> None:
        try:
            settings = self._read_settings()
        except WrongSetting as wrong:
            self._refuse(wrong)
        facts = self._kernels(settings.ask_r) if settings.use_kernel else Known()
        self.service = Service(settings, Worker(settings, self.log), facts, self.log, self.serverapp.root_dir)

    def initialize_handlers(self) -> None:
        assert self.service is not None
        self.handlers.extend(routes(self.service))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.service and self.start_worker == "at_once":
            self.service.start()

    async def stop_extension(self) -> None:
        if self.service:
            await self.service.close()

    def _read_settings(self) -> Settings:
        return Settings(
            worker_url=self.worker_url,
            token=read_token(self.worker_token_file),
            allow_insecure_worker=self.allow_insecure_worker,
            worker_model=self.worker_model,
            worker_prompt=self.worker_prompt,
            worker_context=self.worker_context,
            model=self.model,
            model_revision=self.model_revision,
            start_worker=cast("Literal['on_demand', 'at_once']", self.start_worker),
            use_kernel=self.use_kernel,
            ask_r=self.ask_r,
            timeout=self.timeout,
            max_tokens=self.max_tokens,
            most_lines=self.most_lines,
            send_outputs=cast("Literal['local', 'always', 'never']", self.send_outputs),
            exclude_paths=tuple(self.exclude_paths),
        )

    def _kernels(self, ask_r: bool) -> Kernels:
        """The kernels of this server, or those that a gateway runs for it."""
        remote = self.serverapp.gateway_config.gateway_enabled
        return Kernels(self.serverapp.kernel_manager, Remote if remote else Local, ask_r=ask_r and not remote)

    def _refuse(self, wrong: Exception) -> NoReturn:
        self.log.critical("%s", wrong)
        sys.exit(1)
