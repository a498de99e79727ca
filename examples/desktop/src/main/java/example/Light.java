/* SPDX-License-Identifier: Apache-2.0 */
package example;

import java.awt.Color;
import java.awt.Component;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import javax.swing.Icon;

/** A round light; the text beside it says the same, for whoever does not see colours. */
record Light(Color color) implements Icon {
    private static final int SIZE = 12;

    @Override
    public void paintIcon(Component component, Graphics graphics, int x, int y) {
        Graphics2D smooth = (Graphics2D) graphics.create();
        smooth.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        smooth.setColor(color);
        smooth.fillOval(x, y, SIZE, SIZE);
        smooth.dispose();
    }

    @Override
    public int getIconWidth() {
        return SIZE;
    }

    @Override
    public int getIconHeight() {
        return SIZE;
    }
}
