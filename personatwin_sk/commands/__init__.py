"""The commands of ``personatwin``, a file each; `personatwin_sk.cli` chooses among them."""
