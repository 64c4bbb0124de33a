/* SPDX-License-Identifier: ISC */
#include "io/dev.h"

int dev_read(struct dev *dev, struct batch *batch)
{
	return dev->ops->read(dev, batch);
}

int dev_write(struct dev *dev, struct batch *batch)
{
	return dev->ops->write(dev, batch);
}

void dev_probe(struct dev *dev)
{
	if (dev->ops && dev->ops->probe)
		dev->ops->probe(dev);
}

void dev_close(struct dev *dev)
{
	if (!dev->ops)
		return;
	dev->ops->close(dev);
	dev->ops = NULL;
	dev->fd = -1;
}
