"""Makes generic Django classes subscriptable at run time, as the types need.

Loads the admin, forms and more: imported by the addresses, so that processes without
pages stay small.
"""

import django_stubs_ext

django_stubs_ext.monkeypatch()
