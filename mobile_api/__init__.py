"""The phone: devices, sync, uploads, the engineers' app. Its rooms are built on top of `dispatch`."""
